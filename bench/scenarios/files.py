"""Files through the whole stack: a large one up and down, photos until they are shown, and a room full of them."""

import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from typing import Any

from bench import myweb
from bench.load.run import load
from bench.testbed import Testbed
from bench.testbed import run as done

HELP = "75 MB up and down through nginx, photos until they are shown, a room with 50 pictures, posts/s beside them"
UNIT = "MB/s, photos/s, posts/s"
PEOPLE = 64


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--megabytes", type=int, default=75, help="of the file (default: 75)")
    parser.add_argument("--photos", type=int, default=20, help="one after another (default: 20)")
    parser.add_argument("--pictures", type=int, default=50, help="in the room that is opened (default: 50)")
    parser.add_argument("--loads", type=int, default=7, help="of that room; the median counts (default: 7)")


def name(options: Namespace) -> str:
    return f"files-{options.megabytes}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    """The servers, the worker and its children have the server's core; the client and the database have the other."""
    from bench.browser import Visitor, launch_browser  # Playwright

    env = myweb.environment(testbed)
    workspace = myweb.fill(env, people=PEOPLE, rooms=3, rooms_each=3)
    _sent, gallery, plain = workspace.rooms
    with myweb.front(testbed) as site:
        asked = {"address": site.address, "gallery": gallery, **asdict(workspace)}
        asked |= {"megabytes": options.megabytes, "photos": options.photos, "pictures": options.pictures}
        words = testbed.home / "files.json"
        words.write_text(json.dumps(asked), encoding="utf-8")
        pinned = ["taskset", "-c", str(testbed.client_cpu), sys.executable, "-m", "bench.measure_files", str(words)]
        for line in done(pinned, DJANGO_SETTINGS_MODULE="myweb.settings", **env).splitlines():
            row(*json.loads(line))
        with launch_browser() as browser:
            measured = Visitor(browser, site.address, workspace.cookies[0]).measure_paint(gallery, options.loads)
        row(f"room with {options.pictures} pictures", measured)
    for kind, room in (("without files", plain), ("with pictures", gallery)):
        row(f"posts, room {kind}", measure_posts(testbed, env, workspace, room, options.seconds))
    child = [
        "taskset",
        "-c",
        str(testbed.server_cpu),
        sys.executable,
        "-m",
        "bench.measure_pictures",
        str(options.photos),
    ]
    row(*json.loads(done(child)))


def measure_posts(
    testbed: Testbed, env: dict[str, str], workspace: myweb.Workspace, room: int, seconds: float
) -> dict[str, Any]:
    """Messages without files, as ``bin/bench posts``: what files cost those who send none."""
    with testbed.running(myweb.live(testbed, env)) as server:
        asked = {"dialect": "myweb", "cookies": workspace.cookies, "room": room, "origin": myweb.origin(env)}
        asked |= {"clients": PEOPLE, "inflight": 1, "seconds": seconds, "url": server.url, "pids": server.family()}
        return load(testbed, "posts", asked, seconds + 120)
