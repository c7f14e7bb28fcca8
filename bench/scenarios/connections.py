"""Very many sockets on one process, in rooms of fifty."""

from argparse import ArgumentParser, Namespace
from typing import Any

from bench import myweb
from bench.load.run import load
from bench.testbed import Testbed, free_port

HELP = "many sockets on one process: connects/s, bytes per socket, idle CPU, and reconnects after a restart"
UNIT = "connects/s"
ROOM = 50  # users in a room


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--sockets", type=int, default=10_000)


def name(options: Namespace) -> str:
    return f"connections-{options.sockets}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    env = myweb.environment(testbed)
    rooms = max(1, options.sockets // ROOM)
    workspace = myweb.fill(env, options.sockets, rooms)
    port = free_port()
    servers = [myweb.live(testbed, env, port=port)]

    def restart() -> list[int]:
        """As a release does: all clients are disconnected and reconnect to a new process."""
        servers.pop().end()
        testbed.gone()
        servers.append(myweb.live(testbed, env, port=port))
        return servers[0].family()

    asked = {
        "url": servers[0].url,
        "pids": servers[0].family(),
        "cookies": workspace.cookies,
        "origin": myweb.origin(env),
        "sockets": options.sockets,
        "room_of": [workspace.rooms[number % rooms] for number in range(options.sockets)],
        "seconds": options.seconds,
    }
    row("myweb", load(testbed, "connections", asked, options.seconds + 600, {"restart": restart}))
    testbed.stop(servers[0])
