"""The folder of daily backups, and its copy in a second place. How long they are kept: BACKUP_DAYS of the settings."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from ops.archive import GZIP_MAGIC

PATTERN = "myweb-*.tar.gz"
NIGHT = range(2, 5)  # hours of the site's time zone
NIGHT_AGE, DAY_AGE = timedelta(hours=20), timedelta(hours=24)  # of the newest when the next one is due


@contextmanager
def lock_folder(folder: Path, report_wait: Callable[[], None]) -> Iterator[None]:
    """One run at a time, also of several containers that share the folder. Raises :class:`OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)  # the folder itself: a file would belong to whoever came first
    try:
        with suppress(OSError):  # a file system without locks
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                report_wait()
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def list_backups(folder: Path) -> list[Path]:
    """Sorted from the oldest to the newest, without files that can be none (:func:`find_broken_backups`)."""
    return [path for path in sorted(folder.glob(PATTERN)) if is_archive(path)]


def find_broken_backups(folder: Path) -> list[Path]:
    """What a full disk or a loss of power left: empty files, or zeros."""
    return [path for path in sorted(folder.glob(PATTERN)) if not is_archive(path)]


def is_archive(path: Path) -> bool:
    if not path.stat().st_size:
        return False
    try:
        with path.open("rb") as archive:
            return archive.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    except PermissionError:  # the doctor may look at what only another user reads
        return True


def make_backup_path(folder: Path) -> Path:
    return folder / f"myweb-{timezone.localtime():%Y-%m-%d-%H%M%S}.tar.gz"


def get_newest_age(folder: Path, now: datetime) -> timedelta | None:
    """None without a backup. Raises :class:`OSError` if the folder cannot be read."""
    written = max((path.stat().st_mtime for path in list_backups(folder)), default=None)
    return None if written is None else now - datetime.fromtimestamp(written, now.tzinfo)


def is_backup_due(folder: Path, now: datetime, first_account_at: datetime | None = None) -> bool:
    """After a day; at night somewhat earlier, so that a backup of the afternoon moves there. At once after the first
    account: what was written before is empty.
    """
    age = get_newest_age(folder, now)
    if age is None or (first_account_at and now - age < first_account_at):
        return True
    return age >= (NIGHT_AGE if timezone.localtime(now).hour in NIGHT else DAY_AGE)


def copy_backup(path: Path, folder: Path) -> None:
    """Raises :class:`OSError`. The copy is whole or absent, and only its owner can read it."""
    part = folder / f".{path.name}.part"
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    shutil.copyfile(path, part)
    part.rename(folder / path.name)


def delete_old_backups(folder: Path, days: int, now: datetime) -> int:
    """Returns how many. The newest stays: if no backup succeeds for weeks, it is the only one."""
    oldest, deleted = (now - timedelta(days=days)).timestamp(), 0
    for path in [*list_backups(folder)[:-1], *find_broken_backups(folder)]:
        if path.stat().st_mtime < oldest:
            path.unlink()
            deleted += 1
    return deleted
