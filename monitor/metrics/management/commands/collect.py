import logging
import os
import signal
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.module_loading import import_string

from monitor.metrics.collector import Collector
from monitor.metrics.collector_job import CollectorJob
from monitor.metrics.sources import create_configured_readers
from monitor.metrics.sources.declared import DeclaredReaders
from realtime.watchdog import Watchdog

logger = logging.getLogger(__name__)

WATCHDOG_FACTOR = 4  # times the limit of socket processes: one second of the collector waits for the database


class Command(BaseCommand):
    help = (
        "Measures this machine and the servers of this site once a second, for the dashboards. If several "
        "run, one is active; another takes over within 5 s when it stops."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--with-parent", action="store_true", help="exit when the parent process exits")
        parser.add_argument(
            "--beat-file", type=Path, metavar="PATH", help="touch this file each second, active or on standby"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        jobs: list[CollectorJob] = [import_string(path)() for path in settings.COLLECTOR_JOBS]
        sources = [
            *create_configured_readers(),
            *chain.from_iterable(job.own_sources() for job in jobs),
        ]
        jobs += [source for source in sources if isinstance(source, CollectorJob) and source not in jobs]
        parent = os.getppid() if options["with_parent"] else None
        beat = options["beat_file"]
        watchdog = Watchdog(settings.WATCHDOG_SECONDS * WATCHDOG_FACTOR)
        collector = Collector(
            sources, jobs, declared=DeclaredReaders().load, parent=parent, beat=beat, watchdog=watchdog
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: collector.stop())
        logger.info("Reads %s every second.", ", ".join(source.key for source in sources))
        collector.run()
