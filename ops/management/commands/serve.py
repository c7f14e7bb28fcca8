import os
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.urls import get_resolver
from django.utils.module_loading import autodiscover_modules, import_string

from ops.supervisor import Part, Supervisor

BACKUP_PAUSE = 1800.0  # seconds between two looks whether a backup is due


class Command(BaseCommand):
    help = (
        "Runs a whole site in one container, for compose.small.yml: pages and sockets in one process, the collector, "
        "background tasks, the daily backup and nginx. It forks them, so that they share the memory of the code."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sockets", type=Path, default=Path("/run/myweb"), help="folder of the unix sockets")
        parser.add_argument("--beat-file", type=Path, default=Path("/tmp/beat"), help="as of manage.py collect")  # noqa: S108
        parser.add_argument("--nginx", metavar="PROGRAM", help="starts nginx; without it no nginx is started")

    def handle(self, *args: Any, **options: Any) -> None:
        sockets: Path = options["sockets"]
        pages, live = str(sockets / "web.sock"), str(sockets / "live1.sock")
        parts = [
            Part("server", lambda: call_command("live", unix_socket=live, pages_socket=pages)),
            Part("collector", lambda: call_command("collect", beat_file=options["beat_file"])),
            Part("worker", lambda: call_command("worker", threads=2)),
        ]
        if settings.BACKUPS:
            backup = Part("backup", lambda: call_command("backup", daily=True, if_due=True), BACKUP_PAUSE, repeats=True)
            parts.append(backup)
        if program := options["nginx"]:
            parts.append(Part("nginx", lambda: os.execv(program, [program]), stops_last=True))  # noqa: S606
        load_code()
        Supervisor(parts).run()


def load_code() -> None:
    """Not Daphne: it makes its event loop at the import."""
    import_string(settings.WSGI_APPLICATION)
    assert get_resolver().url_patterns
    for module in ("realtime.consumers", "monitor.metrics.management.commands.collect", "tasks.worker"):
        import_module(module)
    autodiscover_modules("tasks")
    for path in settings.COLLECTOR_JOBS:
        import_string(path)
