"""What is known of the site's backups. The process that makes them stores it, for the collector and the doctor."""

import time
from typing import Any

import msgspec

from monitor.metrics.models import Note

NAME = "backups"


class BackupState(msgspec.Struct):
    """Times are seconds since 1970."""

    since: float  # when backups were switched on
    made_at: float | None = None  # the newest backup
    size: int = 0
    copied_at: float | None = None  # the newest copy in a second place
    has_copies: bool = False
    tested_at: float | None = None  # a backup was restored into a scratch database
    test_seconds: float = 0.0
    messages: int = 0  # that were found there
    problem: str = ""  # why it could not be restored


def load_backup_state() -> BackupState | None:
    """None if this site was never backed up, and is not going to be."""
    note = Note.objects.filter(name=NAME).first()
    return msgspec.convert(note.body, BackupState) if note else None


def update_backup_state(**changes: Any) -> BackupState:
    state = load_backup_state() or BackupState(since=time.time())
    for name, value in changes.items():
        setattr(state, name, value)
    Note.objects.update_or_create(name=NAME, defaults={"at": time.time(), "body": msgspec.to_builtins(state)})
    return state
