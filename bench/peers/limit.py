"""Not a product but the limit of this machine: one send() of the kernel per delivery."""

import platform
import sys

from bench.peers.peer import HERE, Peer
from bench.testbed import Server, Testbed, free_port, listens


def start(testbed: Testbed) -> Server:
    port = free_port()
    argv = [sys.executable, str(HERE / "send_loop.py"), str(port)]
    return testbed.start("send-loop", argv, listens(port), url=f"ws://127.0.0.1:{port}/")


SEND_LOOP = Peer(
    "send-loop",
    "tutorial",
    start,
    lambda: f"no server: a bare loop of send() of one frame over all sockets, Python {platform.python_version()}",
)
