import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, IntegrityError

from myweb.formats import format_duration
from ops import archive, tables
from ops.archive import InvalidArchive, Manifest
from ops.backup_writer import fingerprint_key
from ops.progress import Progress
from ops.restore import get_migration_nodes, restore_archive
from ops.staging import DatabaseNotEmpty


def explain_unknown_migrations(what: str, newer: tables.UnknownMigrations) -> str:
    return f"The {what} is of a newer myweb: this one does not know {newer}. Update it first. Nothing was changed."


class Command(BaseCommand):
    help = (
        "Restores an archive of manage.py backup, completely or not at all; also one from the other kind "
        "of database, or of an older version. The site can be running: writes wait some seconds at the end, and open "
        "pages then reload the restored data. A database that has users needs --replace."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the archive; - is the standard input")
        parser.add_argument("--check", action="store_true", help="only verify the archive")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="delete the current data of the database; back it up first",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with self.open(options["file"]) as file:
                manifest, sums = archive.verify_archive(file)
                self.stderr.write(
                    f"Whole: {sum(sums.rows.values())} rows, made {manifest.made_at} by myweb {manifest.product} on "
                    f"{manifest.database}.",
                    str,
                )
                self.check_version(manifest)
                if not options["check"]:
                    progress = Progress(lambda line: self.stderr.write(line, str), sums.rows)
                    waited = restore_archive(file, manifest, sums, progress, replace=options["replace"])
                    self.stderr.write(f"Restored: {progress.summary()}. Writes waited {format_duration(waited)}.", str)
        except InvalidArchive as error:
            raise CommandError(f"{options['file']}: {error} Nothing was changed.") from None
        except OSError as error:
            raise CommandError(
                f"{error.filename or options['file']}: {error.strerror or error}. Nothing was changed."
            ) from None
        except DatabaseNotEmpty:
            raise CommandError(
                "This database has users or rooms. Restore into an empty one, or use --replace to delete what "
                "is there now (manage.py backup keeps it). Nothing was changed."
            ) from None
        except tables.UnknownMigrations as newer:
            raise CommandError(explain_unknown_migrations("database", newer)) from None
        except IntegrityError as error:
            raise CommandError(f"The loaded data is inconsistent: {error} Nothing was changed.") from None
        except (DatabaseError, ValueError) as error:
            raise CommandError(f"{error} Nothing was changed.") from None
        self.warn_about_key(manifest)

    @staticmethod
    def open(name: str) -> BinaryIO:
        """Copies a pipe into a file first, since the archive is read twice."""
        if name != "-":
            return Path(name).open("rb")
        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the caller; no other user can read it
        shutil.copyfileobj(sys.stdin.buffer, file)
        return file

    @staticmethod
    def check_version(manifest: Manifest) -> None:
        try:
            tables.load_migrations(get_migration_nodes(manifest))
        except tables.UnknownMigrations as newer:
            raise CommandError(explain_unknown_migrations("archive", newer)) from None

    def warn_about_key(self, manifest: Manifest) -> None:
        keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        with suppress(StopIteration):
            next(key for key in keys if fingerprint_key(key) == manifest.key)
            return
        self.stderr.write(
            "The archive comes from a site with another MYWEB_SECRET_KEY. Its invitations and the addresses that "
            "notices go to cannot be read here; put that key into MYWEB_SECRET_KEY_FALLBACKS, or make them again.",
            self.style.WARNING,
        )
