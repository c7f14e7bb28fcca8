"""Background tasks by one worker: how soon they start, how many it runs, and what it takes while nothing is to do."""

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from bench import myweb
from bench.ground import Ground
from bench.ground import run as done
from deploy.stack.state import ROOT

HELP = "background tasks by one worker: tasks a second, time from commit to start, and the cost of an idle worker"
UNIT = "tasks/s"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--tasks", type=int, default=3000, help="that wait when they are counted (default: 3000)")
    parser.add_argument("--threads", type=int, default=4, help="of the worker (default: 4)")


def name(options: Namespace) -> str:
    return f"tasks-{options.tasks}"


def run(ground: Ground, options: Namespace, row: Any) -> None:
    """The worker has the server's core; who enqueues, PostgreSQL and Redis have the other."""
    for database in ("sqlite", "postgresql"):
        env = myweb.environment(ground, sqlite=database == "sqlite")
        beat = ground.home / f"{database}.beat"
        argv = [sys.executable, str(ROOT / "manage.py"), "worker", "--threads", str(options.threads)]
        worker = ground.start(f"worker-{database}", [*argv, "--beat-file", str(beat)], beat.exists, env=env)
        with ground.running(worker):
            words = [str(worker.process.pid), str(options.tasks), str(options.seconds), str(ground.home / database)]
            pinned = ["taskset", "-c", str(ground.client_cpu), sys.executable, "-m", "bench.tasking", *words]
            row(database, json.loads(done(pinned, DJANGO_SETTINGS_MODULE="myweb.settings", **env)))
