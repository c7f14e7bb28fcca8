import logging
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db.migrations.exceptions import InconsistentMigrationHistory

log = logging.getLogger("ops.migrate")


class Command(migrate.Command):
    """Django's command with ``--log``, which writes a log line for each migration."""

    write_log = False

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--log", action="store_true", help="write to the log, in its format, and nothing else")

    def handle(self, *args: Any, log: bool = False, **options: Any) -> None:
        self.write_log = log
        try:
            super().handle(*args, **options | ({"verbosity": 0} if log else {}))
        except InconsistentMigrationHistory as error:
            raise CommandError(
                f"This database was made by another version of myweb, which had other migrations: {error} "
                "Start the version that made it, write a backup there and restore it into an empty database. "
                "A development database can be deleted: rm var/myweb.sqlite3*"
            ) from None

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
        if self.write_log and action in {"apply_success", "unapply_success"}:
            log.info("%s %s", "applied" if action == "apply_success" else "unapplied", migration)
        super().migration_progress_callback(action, migration, fake)
