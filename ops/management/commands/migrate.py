import logging
from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate

log = logging.getLogger("ops.migrate")


class Command(migrate.Command):
    """Django's command with ``--log``, which writes a log line for each migration."""

    write_log = False

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--log", action="store_true", help="write to the log, in its format, and nothing else")

    def handle(self, *args: Any, log: bool = False, **options: Any) -> None:
        self.write_log = log
        super().handle(*args, **options | ({"verbosity": 0} if log else {}))

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
        if self.write_log and action in {"apply_success", "unapply_success"}:
            log.info("%s %s", "applied" if action == "apply_success" else "unapplied", migration)
        super().migration_progress_callback(action, migration, fake)
