import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from myweb.formats import format_bytes
from ops import tables
from ops.backup import Progress, write_backup


@contextmanager
def report_write_errors(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandError(f"{what} can't be written: {error.strerror or error}.") from None


class Command(BaseCommand):
    help = (
        "Writes a consistent snapshot of the whole site to one archive while the site runs. manage.py restore reads it "
        "on PostgreSQL and on SQLite. It contains all messages and password hashes: protect it "
        "like the database. Sessions and the secret key are not included."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="where to write, such as myweb-2026-11-25.tar.gz; - is the standard output")
        parser.add_argument("--force", action="store_true", help="replace an existing file")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"] == "-":
            if sys.stdout.isatty():
                raise CommandError(
                    "An archive can't be written to a terminal: (umask 077 && manage.py backup - > FILE)"
                )
            self.warn_if_readable(sys.stdout.fileno())
            with report_write_errors("The standard output"), os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
                self.write(out)
            return
        path = Path(options["file"])
        if path.exists() and not options["force"]:
            raise CommandError(f"{path} exists. Choose another name, or --force to replace it.")
        part = path.with_name(f".{path.name}.part")  # whole or not at all
        with report_write_errors(str(path)):
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
