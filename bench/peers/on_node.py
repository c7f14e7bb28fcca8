"""The Node servers in node/; ``bin/bench`` installs their packages."""

import json
import shutil

from bench.peers.peer import HERE, Peer
from bench.testbed import BenchError, Server, Testbed, free_port, listens

FOLDER = HERE / "node"


def serve(testbed: Testbed, name: str, script: str, path: str, env: dict[str, str]) -> Server:
    node = shutil.which("node")
    if not node or not (FOLDER / "node_modules").is_dir():
        raise BenchError(f"{name} needs Node and its packages: start this through bin/bench, which installs them.")
    port = free_port()
    words = {"NODE_ENV": "production", "PORT": str(port), **env}
    return testbed.start(
        name, [node, str(FOLDER / script)], listens(port), url=f"ws://127.0.0.1:{port}{path}", env=words
    )


def pinned(package: str) -> str:
    lock = json.loads((FOLDER / "package-lock.json").read_text(encoding="utf-8"))
    return str(lock["packages"][f"node_modules/{package}"]["version"])


def socket_io(testbed: Testbed) -> Server:
    stores = testbed.stores().settings()
    env = {name: stores[name] for name in ("REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD")}
    return serve(testbed, "socket.io", "socket-io.js", "/socket.io/?EIO=4&transport=websocket", env)


def ws(testbed: Testbed) -> Server:
    return serve(testbed, "ws", "ws.js", "/", {})


SOCKET_IO = Peer(
    "socket.io", "socket.io", socket_io, lambda: f"socket.io {pinned('socket.io')}, Redis adapter, a frame a message"
)
WS = Peer("ws", "tutorial", ws, lambda: f"ws {pinned('ws')}, bare broadcast, a frame a message")
