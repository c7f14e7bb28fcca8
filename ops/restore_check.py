"""Restores a backup into a scratch database beside the backups, and counts what is there: a backup that was never
restored may not be one."""

import shutil
import time
from pathlib import Path
from typing import Any, BinaryIO

from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection

from monitor.metrics.backup_state import BackupState, update_backup_state
from myweb.formats import DAY
from ops import archive, staging
from ops.archive import InvalidArchive
from ops.progress import Progress
from ops.restore import load_archive

INTERVAL = 7 * DAY  # seconds between two checks
DISK_SHARE = 2  # the scratch database may take one half of the free space
PAGE_SIZE = 4096


class IgnoredMedia:
    """Files are compared with their checksums when the archive is verified; nothing is written."""

    def add_file(self, name: str, body: BinaryIO) -> None:
        pass


def is_check_due(state: BackupState | None, now: float) -> bool:
    return state is None or state.tested_at is None or bool(state.problem) or now - state.tested_at >= INTERVAL


def check_restore(path: Path, progress: Progress) -> BackupState:
    """Stores the result for the collector and the doctor, good or bad. Raises :class:`OSError`."""
    began, messages, problem = time.time(), 0, ""
    try:
        messages = restore_to_scratch(path, progress)
    except (InvalidArchive, DatabaseError, ValueError) as error:
        problem = f"{path.name}: {error}"
    finally:
        ContentType.objects.clear_cache()
    return update_backup_state(
        tested_at=began, test_seconds=round(time.time() - began, 1), messages=messages, problem=problem
    )


def restore_to_scratch(path: Path, progress: Progress) -> int:
    """Returns the number of messages."""
    with path.open("rb") as file:
        manifest, sums = archive.verify_archive(file)
        with staging.use_scratch_file(path.with_name(".restore-check.sqlite3"), PAGE_SIZE):
            limit = max(1, shutil.disk_usage(path.parent).free // DISK_SHARE // PAGE_SIZE)  # 0 would be no limit
            read_value(f"PRAGMA max_page_count={limit}")
            load_archive(file, manifest, sums, IgnoredMedia(), progress)
            if (result := read_value("PRAGMA quick_check(1)")) != "ok":
                raise InvalidArchive(f"The restored database is damaged: {result}")
            messages: int = read_value("SELECT count(*) FROM chat_message")
    if messages != sums.rows.get("chat.message", 0):
        raise InvalidArchive("The restored messages are fewer than its manifest says.")
    return messages


def read_value(query: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]
