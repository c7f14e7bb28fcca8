import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from myweb.formats import format_bytes
from ops import backup_folder, tables
from ops.backup import Progress, write_backup


@contextmanager
def report_access_errors(what: object, verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandError(f"{what} can't be {verb}: {error.strerror or error}.") from None


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
            help="write into the folder MYWEB_BACKUPS, copy it to MYWEB_BACKUPS_COPY, and delete backups older than "
            "MYWEB_BACKUP_DAYS; without a file",
        )
        parser.add_argument("--if-due", action="store_true", help="with --daily: only if the newest is a day old")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["daily"] == bool(options["file"]):
            raise CommandError("Name a file, or use --daily.")
        if options["daily"]:
            self.write_daily(if_due=options["if_due"])
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

    def write_daily(self, *, if_due: bool) -> None:
        if not settings.BACKUPS:
            raise CommandError("MYWEB_BACKUPS is not set: the folder for daily backups, such as /var/backups/myweb.")
        folder, now = Path(settings.BACKUPS), timezone.now()
        with report_access_errors(folder, "read"):
            if if_due and not backup_folder.is_backup_due(folder, now):
                return
        path = backup_folder.make_backup_path(folder)
        self.write_file(path)
        folders = [folder]
        if settings.BACKUPS_COPY:
            folders.append(Path(settings.BACKUPS_COPY))
            with report_access_errors(folders[1], "written"):
                backup_folder.copy_backup(path, folders[1])
        for each in folders:
            with report_access_errors(each, "written"):
                backup_folder.delete_old_backups(each, settings.BACKUP_DAYS, now)

    def write_file(self, path: Path, *, force: bool = False) -> None:
        if path.exists() and not force:
            raise CommandError(f"{path} exists. Choose another name, or --force to replace it.")
        part = path.with_name(f".{path.name}.part")  # whole or not at all
        with report_access_errors(path, "written"):
            part.unlink(missing_ok=True)
            try:
                with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
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
        if not progress.rows:
            raise CommandError(
                "The database is empty: there is nothing to back up. Create the tables with manage.py migrate."
            )
        self.stderr.write(progress.summary(), str)
