"""Very many HTTP checks by one collector: their share of a core, and their results."""

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from bench import myweb
from bench.testbed import Testbed, free_port, listens
from bench.testbed import run as done

HELP = "1,000 HTTP checks every 10 s by one collector: CPU of a core, and the response times that they measure"
UNIT = "checks/s"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--checks", type=int, default=1000, help="how many there are (default: 1000)")
    parser.add_argument("--interval", type=int, default=10, help="seconds between two answers of one (default: 10)")


def name(options: Namespace) -> str:
    return f"checks-{options.checks}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    """The rate is fixed; the result is ``cpu_percent``, whose limit is 10."""
    seconds = max(options.interval, round(options.seconds))
    for database in ("sqlite", "postgresql"):
        env = myweb.environment(testbed, sqlite=database == "sqlite")
        port = free_port()
        argv = [sys.executable, "-m", "bench.check_target", str(port)]
        with testbed.running(testbed.start("answering", argv, listens(port), cpu=testbed.client_cpu)):
            words = [str(options.checks), str(options.interval), str(seconds), f"http://127.0.0.1:{port}/health"]
            pinned = ["taskset", "-c", str(testbed.server_cpu), sys.executable, "-m", "bench.measure_checks", *words]
            found = json.loads(done(pinned, DJANGO_SETTINGS_MODULE="myweb.settings", **env))
        row(f"{database}, every {options.interval} s", found)
