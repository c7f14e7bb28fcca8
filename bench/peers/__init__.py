"""The servers that myweb is compared with: real ones, well configured, on the same core, with the same task.

Every socket of the room gets every message in a frame of its own; Centrifuge puts up to four into one. These servers
authenticate nobody, store nothing and number nothing; myweb does all three.
"""

from bench.peers.limit import SEND_LOOP
from bench.peers.on_daphne import POST_PEERS, TUTORIALS
from bench.peers.on_go import CENTRIFUGE, GORILLA
from bench.peers.on_nginx import HELLO, NCHANS
from bench.peers.on_node import SOCKET_IO, WS
from bench.peers.peer import Peer

__all__ = ["FANOUT", "PAGES", "POSTS", "Peer"]


def by_name(*peers: Peer) -> dict[str, Peer]:
    return {peer.name: peer for peer in peers}


FANOUT = by_name(*TUTORIALS, SOCKET_IO, WS, GORILLA, CENTRIFUGE, *NCHANS, SEND_LOOP)
POSTS = by_name(*POST_PEERS)
PAGES = by_name(HELLO)
