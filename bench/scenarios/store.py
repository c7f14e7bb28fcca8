"""Two years of values: their size on disk, and the time to open a range."""

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from bench import myweb
from bench.testbed import Testbed
from bench.testbed import run as done

HELP = "a full store of values: bytes per value, and milliseconds to open a range of 20 series"
UNIT = "windows/s"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--series", type=int, default=100, help="how many are measured (default: 100)")


def name(options: Namespace) -> str:
    return f"store-{options.series}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    """Filling takes half a minute per database."""
    for database in ("sqlite", "postgresql"):
        env = myweb.environment(testbed, sqlite=database == "sqlite")
        argv = [sys.executable, "-m", "bench.measure_store", str(options.series)]
        found = json.loads(done(argv, DJANGO_SETTINGS_MODULE="myweb.settings", **env))
        windows = found.pop("windows")
        for window in windows:
            per_s = round(1000 / window["p50_ms"], 1)
            row(f"{database}, {window.pop('window')}", {"per_s": per_s, **window, **found})
