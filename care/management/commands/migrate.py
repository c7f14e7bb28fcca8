import logging
from typing import Any

from django.core.management.commands import migrate

log = logging.getLogger("care.migrate")


class Command(migrate.Command):
    """Django's own. With ``--verbosity 0`` each migration is a line of the log, instead of words for a terminal."""

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
        if self.verbosity == 0 and action in {"apply_success", "unapply_success"}:
            log.info("%s %s", "applied" if action == "apply_success" else "took back", migration)
        super().migration_progress_callback(action, migration, fake)
