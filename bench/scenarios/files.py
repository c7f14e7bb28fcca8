"""Files through the whole stack: a large one up and down, and photos of 12 megapixels until they are shown."""

import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from typing import Any

from bench import myweb
from bench.testbed import Testbed
from bench.testbed import run as done

HELP = "an upload and a download of 75 MB through nginx, and photos of 12 megapixels until they are shown"
UNIT = "MB/s, photos/s"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--megabytes", type=int, default=75, help="of the file (default: 75)")
    parser.add_argument("--photos", type=int, default=20, help="one after another (default: 20)")


def name(options: Namespace) -> str:
    return f"files-{options.megabytes}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    """The servers, the worker and its children have the server's core; the client and the database have the other."""
    env = myweb.environment(testbed)
    workspace = asdict(myweb.fill(env, people=2))
    with myweb.front(testbed) as site:
        asked = {"address": site.address, "megabytes": options.megabytes, "photos": options.photos, **workspace}
        words = testbed.home / "files.json"
        words.write_text(json.dumps(asked), encoding="utf-8")
        pinned = ["taskset", "-c", str(testbed.client_cpu), sys.executable, "-m", "bench.measure_files", str(words)]
        for line in done(pinned, DJANGO_SETTINGS_MODULE="myweb.settings", **env).splitlines():
            row(*json.loads(line))
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
