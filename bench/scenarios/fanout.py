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
    parser.add_argument("--processes", type=int, default=1, help="also with so many on the server's core (default: 1)")


def name(options: Namespace) -> str:
    more = f"-processes-{options.processes}" if options.processes > 1 else ""
    return f"fanout-{options.sockets}-{options.inflight}{more}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    asked = {"sockets": options.sockets, "inflight": options.inflight, "seconds": options.seconds}
    env = myweb.environment(testbed)
    workspace = myweb.fill(env, options.sockets)
    ours: dict[str, Any] = {"dialect": "myweb", "cookies": workspace.cookies, "room": workspace.rooms[0]}
    ours |= asked | {"origin": myweb.origin(env)}
    with myweb.live_processes(testbed, env, 1) as served:
        row("myweb", load(testbed, "fanout", ours | served, options.seconds + 300))
        compressed = ours | served | {"compressed": True}
        row("myweb, compressed", load(testbed, "fanout", compressed, options.seconds + 300))
    if options.processes > 1:
        with myweb.live_processes(testbed, env, options.processes) as served:
            measured = load(testbed, "fanout", ours | served, options.seconds + 300)
            row(f"myweb, {options.processes} processes", measured)
    for peer in options.peers:
        try:
            begun = PEERS[peer].start(testbed)
        except MissingPeer as missing:
            row(peer, {"what": str(missing), "note": str(missing)})
            continue
        with testbed.running(begun) as server:
            theirs = {"dialect": PEERS[peer].dialect, "url": server.url, "pids": server.family()}
            row(peer, load(testbed, "fanout", asked | theirs, options.seconds + 300) | {"what": PEERS[peer].say})
