"""A year of a busy team: pages, commands and the care of the database with a tenth of the messages, and with all."""

import json
import sys
import time
from argparse import ArgumentParser, Namespace
from typing import Any

from bench import myweb
from bench.scenarios import backup
from bench.testbed import Testbed
from bench.testbed import run as done

HELP = "2,000,000 messages, 1,000 rooms, 5,000 people and 100 series: what grows against a tenth of the messages"
UNIT = "ms"
TENTH = 0.1
DAYS = 730
SETTINGS = {"DJANGO_SETTINGS_MODULE": "myweb.settings"}

Row = dict[str, Any]


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=2_000_000, help="(default: 2,000,000)")
    parser.add_argument("--rooms", type=int, default=1_000, help="(default: 1,000)")
    parser.add_argument("--people", type=int, default=5_000, help="(default: 5,000)")
    parser.add_argument("--series", type=int, default=100, help="with two years of values (default: 100)")


def name(options: Namespace) -> str:
    return f"year-{options.messages}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    """Pages are opened in one process, without a web server; the database has the other core."""
    env = myweb.environment(testbed) | {"MYWEB_STATIC_ROOT": str(testbed.home / "static")}
    done([sys.executable, "manage.py", "collectstatic", "--noinput"], **env)
    myweb.fill(env, options.people, options.rooms, rooms_each=20)
    done([sys.executable, "-m", "bench.measure_store", str(options.series)], **SETTINGS, **env)
    few = measure(testbed, env, round(options.messages * TENTH), DAYS, DAYS * (1 - TENTH))
    many = measure(testbed, env, options.messages, DAYS * (1 - TENTH), 0)
    for what, measured in many.items():
        before = few[what]["p50_ms"]
        row(what, measured | {"tenth_ms": before, "growth": round(measured["p50_ms"] / max(before, 1), 1)})


def measure(testbed: Testbed, env: dict[str, str], messages: int, oldest: float, newest: float) -> dict[str, Row]:
    argv = ["taskset", "-c", str(testbed.server_cpu), sys.executable]
    words = [*argv, "-m", "bench.measure_year", str(messages), str(oldest), str(newest)]
    found = {line.pop("name"): line for line in map(json.loads, done(words, **SETTINGS, **env).splitlines())}
    begun = time.perf_counter()
    done([*argv, "manage.py", "migrate", "--noinput"], **env)
    found["migrate"] = {"p50_ms": round((time.perf_counter() - begun) * 1e3)}
    archive = testbed.home / f"{messages}.tar.gz"
    for command in (["backup"], ["restore", "--replace"]):
        measured = backup.measured(testbed, env, messages, archive, *command)
        found[f"{command[0]}, whole"] = measured | {"p50_ms": round(measured["seconds"] * 1e3)}
    return found
