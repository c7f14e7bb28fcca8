"""One room with all users."""

from argparse import ArgumentParser, Namespace
from typing import Any

from bench import myweb
from bench.load.run import load
from bench.peers import FANOUT as PEERS
from bench.testbed import MissingPeer, Testbed

HELP = "one room with all sockets: deliveries/s, and the time until the last one has a message"
UNIT = "deliveries/s"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--inflight", type=int, default=4, help="messages on their way at any time (default: 4)")


def name(options: Namespace) -> str:
    return f"fanout-{options.sockets}-{options.inflight}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    asked = {"sockets": options.sockets, "inflight": options.inflight, "seconds": options.seconds}
    env = myweb.environment(testbed)
    workspace = myweb.fill(env, options.sockets)
    with testbed.running(myweb.live(testbed, env)) as server:
        ours: dict[str, Any] = {
            "dialect": "myweb",
            "url": server.url,
            "pids": server.family(),
            "cookies": workspace.cookies,
        }
        ours |= {"room": workspace.rooms[0], "origin": myweb.origin(env)}
        row("myweb", load(testbed, "fanout", asked | ours, options.seconds + 300))
        compressed = asked | ours | {"compressed": True}
        row("myweb, compressed", load(testbed, "fanout", compressed, options.seconds + 300))
    for peer in options.peers:
        try:
            begun = PEERS[peer].start(testbed)
        except MissingPeer as missing:
            row(peer, {"what": str(missing), "note": str(missing)})
            continue
        with testbed.running(begun) as server:
            theirs = {"dialect": PEERS[peer].dialect, "url": server.url, "pids": server.family()}
            row(peer, load(testbed, "fanout", asked | theirs, options.seconds + 300) | {"what": PEERS[peer].say})
