"""The search over many messages in several scripts: how long a page of hits takes, and what the index takes."""

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from bench import myweb
from bench.testbed import Testbed
from bench.testbed import run as done

HELP = "the search: seconds to a page of hits for common, rare, absent, short and filtered queries; size of the index"
UNIT = "queries/s"
DATABASES = ("postgresql", "sqlite")


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=2_000_000, help="on PostgreSQL (default: 2,000,000)")
    parser.add_argument("--sqlite", type=int, default=200_000, help="messages on SQLite (default: 200,000)")


def name(options: Namespace) -> str:
    return f"search-{options.messages}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    for database, count in zip(DATABASES, (options.messages, options.sqlite), strict=True):
        if not count:
            continue
        env = myweb.environment(testbed, sqlite=database == "sqlite")
        words = ["-m", "bench.measure_search", str(count)]
        pinned = ["taskset", "-c", str(testbed.client_cpu), sys.executable, *words]
        for line in done(pinned, DJANGO_SETTINGS_MODULE="myweb.settings", **env).splitlines():
            measured = json.loads(line)
            row(f"{database} {measured.pop('query')}", measured)
