"""Messages that are stored durably before the acknowledgement, and counted afterwards."""

from argparse import ArgumentParser, Namespace
from typing import Any

from bench import myweb
from bench.load.run import load
from bench.peers import POSTS as PEERS
from bench.peers.on_daphne import stored
from bench.testbed import BenchError, Testbed

HELP = "posts/s, durable before the acknowledgement, counted in the table afterwards"
UNIT = "posts/s"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--inflight", type=int, default=1, help="posts that each client has on their way (default: 1)")
    parser.add_argument("--on", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--over", choices=["socket", "http"], default="socket", help="http: through nginx and uWSGI")


def name(options: Namespace) -> str:
    return f"posts-{options.over}-{options.on}-{options.clients}-{options.inflight}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    asked = {"clients": options.clients, "inflight": options.inflight, "seconds": options.seconds}
    env = myweb.environment(testbed, sqlite=options.on == "sqlite")
    workspace = myweb.fill(env, options.clients)
    room = workspace.rooms[0]
    ours = {"dialect": "myweb", "cookies": workspace.cookies, "room": room, "origin": myweb.origin(env)}
    if options.over == "http":
        if options.on == "sqlite":
            raise BenchError("--over http goes through the whole stack, which has PostgreSQL.")
        with myweb.front(testbed) as site:
            url = f"{site.address}/rooms/{room}/messages/"
            measured = load(
                testbed, "http-posts", asked | ours | {"url": url, "pids": site.web()}, options.seconds + 120
            )
    else:
        with testbed.running(myweb.live(testbed, env)) as server:
            ours |= {"url": server.url, "pids": server.family()}
            measured = load(testbed, "posts", asked | ours, options.seconds + 120)
    row("myweb", measured | checked(measured, myweb.rows(env, room)))
    for peer in options.peers if options.on == "postgresql" and options.over == "socket" else ():
        with testbed.running(PEERS[peer].start(testbed)) as server:
            theirs = {"dialect": PEERS[peer].dialect, "url": server.url, "pids": server.family()}
            measured = load(testbed, "posts", asked | theirs, options.seconds + 120)
            row(peer, measured | checked(measured, stored(testbed)) | {"what": PEERS[peer].say})


def checked(measured: dict[str, Any], rows: int) -> dict[str, int]:
    """The table must have all acknowledged posts, and otherwise only posts without a response."""
    return {
        "stored": rows,
        "lost": max(0, measured["acknowledged"] - rows),
        "doubled": max(0, rows - measured["acknowledged"] - measured["unanswered"]),
    }
