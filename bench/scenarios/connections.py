"""Very many sockets on one process, in rooms of fifty."""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any

from bench import myweb, peers
from bench.load.run import load
from bench.slowdown import held
from bench.testbed import Server, Testbed, free_port

HELP = "many sockets on one process: connects/s, bytes per socket, idle CPU, and reconnects after a restart"
UNIT = "connects/s"
ROOM = 50  # users in a room
PEERS = {name: peers.FANOUT[name] for name in ("ws", "channels-core")}
PATIENCE = 900  # seconds for a whole run


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--sockets", type=int, default=10_000)
    parser.add_argument(
        "--slow", type=float, default=1, metavar="N", help="hold the server to 1/N of a core (default: 1)"
    )


def name(options: Namespace) -> str:
    return f"connections-{options.sockets}" + (f"-slow-{options.slow:g}" if options.slow > 1 else "")


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    env = myweb.environment(testbed)
    rooms = max(1, options.sockets // ROOM)
    workspace = myweb.fill(env, options.sockets, rooms)
    port = free_port()
    ours = {
        "cookies": workspace.cookies,
        "origin": myweb.origin(env),
        "room_of": [workspace.rooms[number % rooms] for number in range(options.sockets)],
    }
    row("myweb", measure(testbed, options, lambda: myweb.live(testbed, env, port=port), ours))
    for peer in options.peers:
        theirs = measure(testbed, options, lambda peer=peer: PEERS[peer].start(testbed), {})  # type: ignore[misc]
        row(peer, theirs | {"what": PEERS[peer].say})


def measure(testbed: Testbed, options: Namespace, start: Callable[[], Server], asked: dict[str, Any]) -> dict[str, Any]:
    servers = [start()]

    def restart() -> dict[str, Any]:
        """As a release does: all clients are disconnected and reconnect to a new process."""
        servers.pop().end()
        testbed.gone()
        servers.append(start())
        return {"pids": servers[0].family(), "url": servers[0].url, "at": time.time()}

    asked |= {"url": servers[0].url, "pids": servers[0].family()}
    asked |= {"sockets": options.sockets, "seconds": options.seconds}
    with held(lambda: [pid for server in testbed.servers for pid in server.family()], options.slow):
        measured = load(testbed, "connections", asked, options.seconds + PATIENCE, {"restart": restart})
    testbed.stop(servers[0])
    return measured
