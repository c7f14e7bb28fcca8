"""Writes an archive of the running site: a consistent snapshot."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model
from django.utils.crypto import salted_hmac

from myweb import __version__
from ops import media, tables
from ops.archive import FORMAT, MANIFEST, ArchiveWriter, Manifest
from ops.progress import Progress

MEMBER_SIZE = 4 * 1024 * 1024  # bytes of rows in one member: what is held in memory


@contextmanager
def read_consistently() -> Iterator[None]:
    """All reads inside see one snapshot; writers do not wait."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    with connection.cursor() as cursor:  # not by atomic(), which would keep writers out
        cursor.execute("BEGIN DEFERRED")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")


def fingerprint_key(key: str) -> str:
    return salted_hmac("ops.key", "archive", secret=key, algorithm="sha256").hexdigest()[:16]


def write_backup(out: BinaryIO, progress: Progress) -> dict[str, int]:
    """The number of rows of each table. Raises ``tables.UnknownMigrations`` if the code is older than the database."""
    writer, row_counts = ArchiveWriter(out), dict[str, int]()
    with read_consistently():
        nodes = tables.get_applied_migrations()
        models = tables.list_archived_models(tables.get_apps_at(nodes))
        writer.put(MANIFEST, msgspec.json.encode(make_manifest(nodes, models)))
        for model in models:
            row_counts[model._meta.label_lower] = write_table(writer, model, progress)
    if settings.BACKUP_FILES:
        media.write_media(writer)
    writer.close(row_counts)
    return row_counts


def make_manifest(nodes: list[tables.Node], models: list[type[Model]]) -> Manifest:
    return Manifest(
        format=FORMAT,
        product=__version__,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        database=connection.vendor,
        migrations=[f"{app}.{name}" for app, name in nodes],
        key=fingerprint_key(settings.SECRET_KEY),
        tables=[tables.describe_table(model) for model in models],
    )


def write_table(writer: ArchiveWriter, model: type[Model], progress: Progress) -> int:
    name, count, member, number = model._meta.label_lower, 0, bytearray(), 0
    for line in tables.dump_rows(model):
        member += line + b"\n"
        count += 1
        if len(member) >= MEMBER_SIZE:
            number += 1
            writer.put(f"tables/{name}/{number:05}.jsonl", bytes(member))
            member.clear()
            progress(name, count)
    if member:
        writer.put(f"tables/{name}/{number + 1:05}.jsonl", bytes(member))
    progress(name, count)
    return count
