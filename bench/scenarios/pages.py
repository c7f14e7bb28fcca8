"""Pages through nginx and uWSGI, requested by wrk, and a minimal Django view on the same servers."""

import json
import subprocess
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import myweb
from bench.load.usage import Meter, wait_until_idle
from bench.peers import PAGES as PEERS
from bench.testbed import BenchError, Testbed

HELP = "pages/s through nginx and uWSGI by wrk, and a minimal Django view"
UNIT = "requests/s"
CONNECTIONS = 64
PAGES = ("room", "rooms", "history", "search", "static")
SCRIPT = Path(__file__).with_name("pages.lua")


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--only", choices=PAGES, action="append", help="only this page; may be repeated")


def name(options: Namespace) -> str:
    return "pages" if not options.only else f"pages-{'-'.join(options.only)}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    env = myweb.environment(testbed)
    workspace = myweb.fill(env, 64)
    room = workspace.rooms[0]
    myweb.talk(env, room, 300)
    with myweb.front(testbed) as site:
        paths = {
            "room": f"/rooms/{room}/",
            "rooms": "/rooms/",
            "history": f"/rooms/{room}/history/?before=200",
            "search": "/search/?q=harbour",
            "static": site.static_file(),
        }
        for page in options.only or PAGES:
            row(f"myweb {page}", wrk(testbed, site.address + paths[page], workspace.cookies, site.web, options.seconds))
    for peer in options.peers:
        with testbed.running(PEERS[peer].start(testbed)) as server:
            measured = wrk(testbed, server.url, ["none=1"], server.family, options.seconds)
            row(peer, measured | {"what": PEERS[peer].say})


def wrk(
    testbed: Testbed, url: str, cookies: list[str], pids: Callable[[], list[int]], seconds: float
) -> dict[str, Any]:
    """Requests use the sessions in turn; wrk and the databases run on the client's core."""
    jar = testbed.home / "cookies.txt"
    jar.write_text("\n".join(cookies), encoding="ascii")
    argv = [
        "taskset",
        "-c",
        str(testbed.client_cpu),
        "wrk",
        "-t1",
        "--timeout",
        "10s",
        f"-c{CONNECTIONS}",
        "-s",
        str(SCRIPT),
        url,
    ]
    once(argv, "2s", jar)  # the first request of a process is slow or times out: imports, caches, connections
    if not wait_until_idle(pids()):
        raise BenchError(f"{url}: the servers still work on the requests of the warm-up.")
    meter = Meter(pids(), testbed.server_cpu, testbed.client_cpu)  # after the warm-up: servers add processes under load
    meter.begin()
    measured = once(argv, f"{max(1, round(seconds))}s", jar)
    if measured["errors"]:
        raise BenchError(f"{url}: {measured['errors']} of {measured['requests']} answers were errors.")
    del measured["requests"]
    return measured | meter.end() | {"lost": 0, "doubled": 0}


def once(argv: list[str], duration: str, jar: Path) -> dict[str, Any]:
    done = subprocess.run(
        [*argv[:-1], f"-d{duration}", argv[-1], "--", str(jar)], capture_output=True, text=True, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise BenchError(f"wrk said: {(done.stderr or done.stdout).strip()[-400:]}")
    told: dict[str, Any] = json.loads(lines[-1])
    return told
