"""Writes an archive of the site as it is at one moment, while it goes on."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model
from django.utils.crypto import salted_hmac

from care import media, tables
from care.archive import FORMAT, MANIFEST, Manifest, Writer
from myweb import __version__

PIECE = 4 * 1024 * 1024  # bytes of rows in one member: what is held in memory

Tell = Callable[[str, int], None]  # table, rows so far


@contextmanager
def moment() -> Iterator[None]:
    """Whatever is read inside was so at one moment; nobody who writes waits for it."""
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


def fingerprint(key: str) -> str:
    return salted_hmac("care.key", "archive", secret=key, algorithm="sha256").hexdigest()[:16]


def backup(out: BinaryIO, tell: Tell) -> dict[str, int]:
    """The number of rows of each table. Raises ``tables.Newer`` where the code is older than the database."""
    writer, counted = Writer(out), dict[str, int]()
    with moment():
        nodes = tables.applied()
        models = tables.travelling(tables.apps_at(nodes))
        writer.put(MANIFEST, msgspec.json.encode(manifest(nodes, models)))
        for model in models:
            counted[model._meta.label_lower] = put_table(writer, model, tell)
    media.put(writer)
    writer.close(counted)
    return counted


def manifest(nodes: list[tables.Node], models: list[type[Model]]) -> Manifest:
    return Manifest(
        format=FORMAT,
        product=__version__,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        database=connection.vendor,
        migrations=[f"{app}.{name}" for app, name in nodes],
        key=fingerprint(settings.SECRET_KEY),
        tables=[tables.described(model) for model in models],
    )


def put_table(writer: Writer, model: type[Model], tell: Tell) -> int:
    name, count, piece, number = model._meta.label_lower, 0, bytearray(), 0
    for line in tables.lines(model):
        piece += line + b"\n"
        count += 1
        if len(piece) >= PIECE:
            number += 1
            writer.put(f"tables/{name}/{number:05}.jsonl", bytes(piece))
            piece.clear()
            tell(name, count)
    if piece:
        writer.put(f"tables/{name}/{number + 1:05}.jsonl", bytes(piece))
    tell(name, count)
    return count


class Progress:
    """Says at most once a second how far it is."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self.say, self.said_at, self.begun = say, time.monotonic(), time.monotonic()
        self.rows: dict[str, int] = {}

    def __call__(self, table: str, count: int) -> None:
        self.rows[table] = count
        if time.monotonic() - self.said_at >= 1:
            self.said_at = time.monotonic()
            self.say(f"{table}: {count} rows")

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def summary(self) -> str:
        return f"{sum(self.rows.values())} rows in {self.seconds:.1f} s"
