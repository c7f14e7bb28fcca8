"""Many rooms, few of them active: subscriptions must cost nothing, only messages."""

from argparse import ArgumentParser, Namespace
from typing import Any

from bench import myweb
from bench.load.run import load
from bench.testbed import Testbed

HELP = "2,000 rooms of 20 sockets, a message to each in turn: the cost depends on messages, not on subscriptions"
UNIT = "deliveries/s"
FEWER = 20  # the second row has this many times fewer rooms, and the same messages


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--rooms", type=int, default=2000)
    parser.add_argument("--each", type=int, default=20, help="sockets in a room, and rooms of a socket (default: 20)")
    parser.add_argument("--rate", type=float, default=500, help="messages a second in all (default: 500)")


def name(options: Namespace) -> str:
    return f"rooms-{options.rooms}-{options.each}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    env = myweb.environment(testbed)
    for count in (options.rooms, options.rooms // FEWER):
        sockets = count  # with as many rooms per socket as sockets per room, both numbers are equal
        workspace = myweb.fill(env, sockets, count, options.each)
        with testbed.running(myweb.live(testbed, env)) as server:
            asked = {
                "url": server.url,
                "pids": server.family(),
                "cookies": workspace.cookies,
                "origin": myweb.origin(env),
                "sockets": sockets,
                "rooms": workspace.rooms,
                "members": [[workspace.people.index(each) for each in members] for members in workspace.members],
                "rate": options.rate,
                "seconds": options.seconds,
            }
            measured = load(testbed, "rooms", asked, options.seconds + 300)
        spent = measured["cpu_s"] / options.seconds / max(measured["per_s"], 1) * 1e6
        row(f"myweb, {count} rooms", measured | {"rooms": count, "cpu_us_per_delivery": round(spent, 1)})
