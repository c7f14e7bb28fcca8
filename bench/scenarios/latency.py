"""A busy room through the whole stack."""

from argparse import ArgumentParser, Namespace
from typing import Any

from bench import myweb
from bench.load.run import load
from bench.testbed import Testbed

HELP = "50 users, 5 messages/s through nginx, Daphne and PostgreSQL: the time from a post to all screens"
UNIT = "deliveries/s"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--sockets", type=int, default=50)
    parser.add_argument("--rate", type=float, default=5, help="messages a second (default: 5)")


def name(options: Namespace) -> str:
    return f"latency-{options.sockets}-{options.rate:g}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    env = myweb.environment(testbed)
    workspace = myweb.fill(env, options.sockets)
    with myweb.front(testbed) as site:
        asked = {
            "dialect": "myweb",
            "url": f"ws{site.address.removeprefix('http')}/ws/",
            "pids": site.live(),
            "cookies": workspace.cookies,
            "room": workspace.rooms[0],
            "origin": site.address,
            "sockets": options.sockets,
            "rate": options.rate,
            "seconds": options.seconds,
        }
        row("myweb", load(testbed, "paced", asked, options.seconds + 120))
