"""Very many sockets on one process, in rooms of fifty."""

from argparse import ArgumentParser, Namespace
from typing import Any

from bench import myweb
from bench.ground import Ground, free_port
from bench.load.run import load

HELP = "many sockets on one process: connects/s, bytes per socket, idle CPU, and reconnects after a restart"
UNIT = "connects/s"
ROOM = 50  # users in a room


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--sockets", type=int, default=10_000)


def name(options: Namespace) -> str:
    return f"connections-{options.sockets}"


def run(ground: Ground, options: Namespace, row: Any) -> None:
    env = myweb.environment(ground)
    rooms = max(1, options.sockets // ROOM)
    workspace = myweb.fill(env, options.sockets, rooms)
    port = free_port()
    servers = [myweb.live(ground, env, port=port)]

    def restart() -> list[int]:
        """As a release does: all clients are disconnected and reconnect to a new process."""
        servers.pop().end()
        ground.gone()
        servers.append(myweb.live(ground, env, port=port))
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
    row("myweb", load(ground, "connections", asked, options.seconds + 600, {"restart": restart}))
    ground.stop(servers[0])
