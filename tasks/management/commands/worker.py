import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.module_loading import autodiscover_modules

from tasks.worker import TaskWorker

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    requires_system_checks = ()  # they import every page of the site
    help = "Runs background tasks. Any number of workers share the queue; without one, the tasks wait."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=4, help="tasks that run at the same time (default: 4)")
        parser.add_argument(
            "--lease",
            type=float,
            default=60.0,
            metavar="SECONDS",
            help="without a sign of life from a worker, then others run its tasks again (default: 60)",
        )
        parser.add_argument(
            "--grace", type=float, default=20.0, metavar="SECONDS", help="for running tasks, on shutdown (default: 20)"
        )
        parser.add_argument("--with-parent", action="store_true", help="exit when the parent process exits")
        parser.add_argument("--beat-file", type=Path, metavar="PATH", help="touch this file each second")

    def handle(self, *args: Any, **options: Any) -> None:
        autodiscover_modules("tasks")
        worker = TaskWorker(
            threads=max(1, options["threads"]),
            lease=options["lease"],
            parent=os.getppid() if options["with_parent"] else None,
            beat=options["beat_file"],
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        logger.info("Runs tasks as %s.", worker.name)
        if not worker.run(options["grace"]):
            sys.exit(1)
