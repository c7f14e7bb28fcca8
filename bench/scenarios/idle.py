"""Memory of the whole site at rest: the processes of docker-compose.yml, before and after fifty people used them."""

import re
import time
import urllib.request
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from bench import myweb
from bench.load.run import load
from bench.testbed import Testbed
from deploy.stack.parts import Part

HELP = "memory of all processes of docker-compose.yml, at rest after fifty people used them"
UNIT = "MB"
WEB_PROCESSES = "4"  # as in docker-compose.yml
PAGES = ("/", "/rooms/", "/search/?q=harbour", "/settings/", "/people/", "/dashboards/", "/alerts/", "/checks/")
ROUNDS = 3  # of all pages by everybody
REST = 5.0  # seconds
TOTAL = "all"
PSS = re.compile(r"^Pss: +(\d+) kB$", re.MULTILINE)


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--people", type=int, default=50)


def name(options: Namespace) -> str:
    return f"idle-{options.people}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    env = myweb.environment(testbed)
    workspace = myweb.fill(env, options.people)
    with myweb.front(testbed, {"MYWEB_WEB_PROCESSES": WEB_PROCESSES}, as_containers=True) as site:
        time.sleep(REST)
        at_start = measure(site.parts.values())
        asked: dict[str, Any] = {
            "dialect": "myweb",
            "url": f"ws{site.address.removeprefix('http')}/ws/",
            "pids": site.live(),
        }
        asked |= {"cookies": workspace.cookies, "room": workspace.rooms[0], "origin": site.address, "rate": 5}
        load(testbed, "paced", asked | {"sockets": options.people, "seconds": options.seconds}, options.seconds + 120)
        open_pages(site.address, workspace.cookies)
        time.sleep(REST)
        at_rest = measure(site.parts.values())
    for part, (processes, used) in at_rest.items():
        row(part, {"processes": processes, "started_mb": at_start[part][1], "rss_mb": used})


def open_pages(address: str, cookies: list[str]) -> None:
    for cookie in cookies * ROUNDS:
        for path in PAGES:
            request = urllib.request.Request(address + path, headers={"Cookie": cookie})
            urllib.request.urlopen(request, timeout=30).read()


def measure(parts: Any) -> dict[str, tuple[int, float]]:
    """Processes and MB of each part. A page of memory that several share is divided among them."""
    found = {part.name: measure_part(part) for part in parts}
    count, used = (sum(values) for values in zip(*found.values(), strict=True))
    return found | {TOTAL: (count, round(used, 1))}


def measure_part(part: Part) -> tuple[int, float]:
    pids = [each.pid for each in part.process.family()] if part.process else []
    return len(pids), round(sum(map(read_share, pids)) / 2**20, 1)


def read_share(pid: int) -> int:
    """Bytes."""
    try:
        told = PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"))
    except OSError:  # it has ended
        return 0
    return int(told[1]) * 1024 if told else 0
