"""The age of the newest backup, and whether it can be restored."""

import time
from collections.abc import Iterable

from django.db import Error

from monitor.metrics.backup_state import BackupState, load_backup_state, update_backup_state
from monitor.metrics.readings import Reading, SourceDown, Unit
from monitor.metrics.sources.source import SourceReader

LOAD_INTERVAL = 30  # seconds


class BackupsReader(SourceReader):
    """Until there is a backup, its age counts from the first reading."""

    key = "backups"

    def __init__(self) -> None:
        self.state: BackupState | None = None
        self.load_at = 0.0

    def read(self, at: float) -> Iterable[Reading]:
        if self.state is None or at >= self.load_at:
            try:
                self.state = load_backup_state() or update_backup_state()
            except Error as error:
                raise SourceDown(f"The state of the backups can't be read: {error}") from None
            self.load_at = at + LOAD_INTERVAL
        yield from list_readings(self.state, time.time())


def list_readings(state: BackupState, now: float) -> Iterable[Reading]:
    yield Reading("age", max(0.0, now - (state.made_at or state.since)), Unit.SECONDS)
    if state.has_copies:
        yield Reading("copy.age", max(0.0, now - (state.copied_at or state.since)), Unit.SECONDS)
    if state.made_at:
        yield Reading("size", state.size, Unit.BYTES)
    if state.tested_at:
        yield Reading("restorable", float(not state.problem))
        yield Reading("restorable.messages", state.messages)
        yield Reading("restore.time", state.test_seconds, Unit.SECONDS)
