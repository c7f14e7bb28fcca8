import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.db.models import Min
from django.utils import timezone

from accounts.models import User
from files.storage import StorageUnavailable
from monitor.alerts.default_rules import create_backup_rules
from monitor.metrics.backup_state import load_backup_state, update_backup_state
from myweb.formats import format_bytes, format_duration
from ops import daily_backups, tables
from ops.backup_bucket import InvalidBucket, get_bucket
from ops.backup_writer import write_backup
from ops.progress import Progress
from ops.restore_check import check_restore, is_check_due


@contextmanager
def report_access_errors(what: object, verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandError(f"{what} can't be {verb}: {error.strerror or error}.") from None


@contextmanager
def report_database_errors() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise CommandError(f"The state of the backups can't be stored: {error}") from None


class Command(BaseCommand):
    help = (
        "Writes a consistent snapshot of the whole site to one archive while the site runs. manage.py restore reads it "
        "on PostgreSQL and on SQLite. It contains all messages and password hashes: protect it "
        "like the database. Sessions and the secret key are not included."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", nargs="?", help="where to write, such as myweb-2026-11-25.tar.gz; - is the standard output"
        )
        parser.add_argument("--force", action="store_true", help="replace an existing file")
        parser.add_argument(
            "--daily",
            action="store_true",
            help="write into the folder MYWEB_BACKUPS, copy it to MYWEB_BACKUPS_COPY and MYWEB_BACKUPS_S3, and delete "
            "backups older than MYWEB_BACKUP_DAYS; without a file",
        )
        parser.add_argument(
            "--check-restore",
            action="store_true",
            help="restore the newest backup of MYWEB_BACKUPS into a scratch database and count its messages; --daily "
            "does it once a week",
        )
        parser.add_argument("--if-due", action="store_true", help="with --daily: only if the newest is a day old")

    def handle(self, *args: Any, **options: Any) -> None:
        if [options["daily"], options["check_restore"], bool(options["file"])].count(True) != 1:
            raise CommandError("Name a file, or use --daily or --check-restore.")
        if options["check_restore"]:
            self.check_restore(self.get_folder())
        elif options["daily"]:
            with self.lock_folder(folder := self.get_folder()):
                self.write_daily(folder, if_due=options["if_due"])
        elif options["file"] == "-":
            if sys.stdout.isatty():
                raise CommandError(
                    "An archive can't be written to a terminal: (umask 077 && manage.py backup - > FILE)"
                )
            self.warn_if_readable(sys.stdout.fileno())
            with (
                report_access_errors("The standard output", "written"),
                os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out,
            ):
                self.write(out)
        else:
            self.write_file(Path(options["file"]), force=options["force"])

    @staticmethod
    def get_folder() -> Path:
        if not settings.BACKUPS:
            raise CommandError("MYWEB_BACKUPS is not set: the folder for daily backups, such as /var/backups/myweb.")
        return Path(settings.BACKUPS)

    @contextmanager
    def lock_folder(self, folder: Path) -> Iterator[None]:
        with ExitStack() as stack:
            with report_access_errors(folder, "read"):
                stack.enter_context(
                    daily_backups.lock_folder(folder, lambda: self.stderr.write("Waits for the backup that runs.", str))
                )
            yield

    def write_daily(self, folder: Path, *, if_due: bool) -> None:
        now = timezone.now()
        with report_database_errors():
            first_account_at = User.objects.aggregate(at=Min("joined_at"))["at"]
        with report_access_errors(folder, "read"):
            if if_due and not daily_backups.is_backup_due(folder, now, first_account_at):
                return
        path = daily_backups.make_backup_path(folder)
        self.write_file(path, force=True)  # one of the same second is older
        with report_database_errors():
            has_copies = bool(settings.BACKUPS_COPY or settings.BACKUPS_S3)
            update_backup_state(made_at=time.time(), size=path.stat().st_size, has_copies=has_copies)
            create_backup_rules()
        with report_access_errors(folder, "written"):
            daily_backups.delete_old_backups(folder, settings.BACKUP_DAYS, now)
        # Nobody looks for an archive of a site without accounts, and in a second place it would be the newest.
        failures = list(self.copy(path, now)) if first_account_at else []
        with report_database_errors():
            if first_account_at and not failures:
                update_backup_state(copied_at=time.time())
            if is_check_due(load_backup_state(), time.time()):
                try:
                    self.check_restore(folder)
                except CommandError as error:
                    failures.append(str(error))
        if failures:
            raise CommandError(" ".join(failures))

    @staticmethod
    def copy(path: Path, now: datetime) -> Iterator[str]:
        """Yields a sentence for each second place that failed: one of them does not keep the other from its copy."""
        if settings.BACKUPS_COPY:
            try:
                daily_backups.copy_backup(path, Path(settings.BACKUPS_COPY))
                daily_backups.delete_old_backups(Path(settings.BACKUPS_COPY), settings.BACKUP_DAYS, now)
            except OSError as error:
                owner = f" It must belong to user {os.getuid()}." if isinstance(error, PermissionError) else ""
                yield f"{settings.BACKUPS_COPY} can't be written: {error.strerror or error}.{owner}"
        try:
            if bucket := get_bucket():
                bucket.copy_backup(path)
                bucket.delete_old_backups(settings.BACKUP_DAYS, now)
        except InvalidBucket as error:
            yield str(error)
        except OSError as error:
            yield f"{settings.BACKUPS_S3} can't be written: {error}."

    def check_restore(self, folder: Path) -> None:
        with report_access_errors(folder, "read"):
            if not (paths := daily_backups.list_backups(folder)):
                raise CommandError(f"There is no backup in {folder}: manage.py backup --daily makes one.")
            state = check_restore(paths[-1], Progress(lambda line: self.stderr.write(line, str)))
        if state.problem:
            raise CommandError(f"The newest backup can't be restored: {state.problem}")
        text = f"Restorable: {state.messages} messages of {paths[-1].name} in {format_duration(state.test_seconds)}."
        self.stderr.write(text, str)

    def write_file(self, path: Path, *, force: bool = False) -> None:
        if path.exists() and not force:
            raise CommandError(f"{path} exists. Choose another name, or --force to replace it.")
        with report_access_errors(path, "written"):
            descriptor, name = tempfile.mkstemp(".part", f".{path.name}.", path.parent)  # whole or not at all
            part = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as out:
                    self.write(out)
                    out.flush()
                    os.fsync(out.fileno())
                part.rename(path)
            finally:
                part.unlink(missing_ok=True)
        self.stderr.write(f"{path}: {format_bytes(path.stat().st_size)}. Only you can read it; it holds secrets.", str)

    def warn_if_readable(self, descriptor: int) -> None:
        """The shell made the file, with its umask, before this began."""
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISREG(mode) and mode & 0o077:
            text = f"Others can read this file (mode {stat.S_IMODE(mode):04o}), and it holds secrets: chmod 600 FILE."
            self.stderr.write(text, self.style.WARNING)

    def write(self, out: BinaryIO) -> None:
        progress = Progress(lambda line: self.stderr.write(line, str))
        try:
            write_backup(out, progress)
        except tables.UnknownMigrations as newer:
            raise CommandError(
                f"This version of myweb does not know the database's migrations {newer}: back up with the version that "
                "the site runs."
            ) from None
        except DatabaseError as error:
            raise CommandError(f"The database cannot be read: {error}") from None
        except StorageUnavailable as error:
            raise CommandError(
                f"The files can't be read from their bucket: {error}. MYWEB_BACKUP_FILES=no leaves them out."
            ) from None
        if not progress.rows:
            raise CommandError(
                "The database is empty: there is nothing to back up. Create the tables with manage.py migrate."
            )
        self.stderr.write(progress.summary(), str)
