"""Background tasks by one worker: how soon they start, how many it runs, and what it takes while nothing is to do."""

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from bench import myweb
from bench.testbed import Testbed
from bench.testbed import run as done
from deploy.stack.state import ROOT

HELP = "background tasks by one worker: tasks a second, time from commit to start, and the cost of an idle worker"
UNIT = "tasks/s"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--tasks", type=int, default=3000, help="that wait when they are counted (default: 3000)")
    parser.add_argument("--threads", type=int, default=4, help="of the worker (default: 4)")


def name(options: Namespace) -> str:
    return f"tasks-{options.tasks}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    """The worker has the server's core; who enqueues, PostgreSQL and Redis have the other."""
    for database in ("sqlite", "postgresql"):
        env = myweb.environment(testbed, sqlite=database == "sqlite")
        beat = testbed.home / f"{database}.beat"
        argv = [sys.executable, str(ROOT / "manage.py"), "worker", "--threads", str(options.threads)]
        worker = testbed.start(f"worker-{database}", [*argv, "--beat-file", str(beat)], beat.exists, env=env)
        with testbed.running(worker):
            words = [str(worker.process.pid), str(options.tasks), str(options.seconds), str(testbed.home / database)]
            pinned = ["taskset", "-c", str(testbed.client_cpu), sys.executable, "-m", "bench.measure_tasks", *words]
            row(database, json.loads(done(pinned, DJANGO_SETTINGS_MODULE="myweb.settings", **env)))
