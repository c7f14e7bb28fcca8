"""The site's own database: PostgreSQL by its statistics views, SQLite by its files."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db import Error, connection

from monitor.metrics import Down, Rates, Reading, Unit
from monitor.sources.source import Source

SELDOM = 60  # seconds: to add up a large database's files takes a while

ACTIVITY = """
    select count(*) filter (where state = 'active'),
           count(*) filter (where state like 'idle in transaction%%'),
           count(*),
           coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0),
           count(*) filter (where wait_event_type = 'Lock'),
           current_setting('max_connections')::int
    from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()
"""
COUNTS = """
    select xact_commit, xact_rollback, blks_hit, blks_read, tup_inserted + tup_updated + tup_deleted, deadlocks,
           temp_bytes
    from pg_stat_database where datname = current_database()
"""
SIZE = """
    select pg_database_size(current_database()), age(datfrozenxid) from pg_database where datname = current_database()
"""


class Database(Source):
    key = "database"

    def __init__(self) -> None:
        self.rates = Rates()
        self.size: list[Reading] = []
        self.size_until = 0.0

    def read(self, at: float) -> Iterable[Reading]:
        try:
            if connection.vendor == "postgresql":
                yield from self.postgresql(at)
            else:
                yield from sqlite()
        except Error as error:
            connection.close()
            raise Down(f"The database does not answer: {error}") from None

    def postgresql(self, at: float) -> Iterator[Reading]:
        begun = time.perf_counter()
        active, idle, everybody, longest, locked, most = self.ask(ACTIVITY)
        yield Reading("answer", time.perf_counter() - begun, Unit.SECONDS)
        yield Reading("connections", everybody)
        yield Reading("connections.active", active)
        yield Reading("connections.idle_in_transaction", idle)
        yield Reading("connections.most", most)
        yield Reading("transaction.longest", float(longest), Unit.SECONDS)
        yield Reading("locks.waiting", locked)
        yield from self.growing(at)
        if at >= self.size_until:
            size, age = self.ask(SIZE)
            self.size = [Reading("size", size, Unit.BYTES), Reading("transaction.age", age)]
            self.size_until = at + SELDOM
        yield from self.size

    def growing(self, at: float) -> Iterator[Reading]:
        commits, rollbacks, hit, read, rows, deadlocks, temporary = map(float, self.ask(COUNTS))
        for name, total in (
            ("commits", commits),
            ("rollbacks", rollbacks),
            ("rows.written", rows),
            ("deadlocks", deadlocks),
        ):
            yield from self.rates.reading(name, total, at)
        yield from self.rates.reading("temporary", temporary, at, Unit.BYTES_PER_SECOND)
        hits, reads = self.rates.of("hit", hit, at), self.rates.of("read", read, at)
        if hits is not None and reads is not None and hits + reads > 0:
            yield Reading("cache.hit", round(100 * hits / (hits + reads), 1), Unit.PERCENT)

    @staticmethod
    def ask(question: str) -> tuple[float, ...]:
        with connection.cursor() as cursor:
            cursor.execute(question)
            found: tuple[float, ...] = cursor.fetchone()
            return found


def sqlite() -> Iterator[Reading]:
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from sqlite_schema")
    yield Reading("answer", time.perf_counter() - begun, Unit.SECONDS)
    path = Path(connection.settings_dict["NAME"])
    for name, file in (("size", path), ("wal", path.with_name(f"{path.name}-wal"))):
        yield Reading(name, file.stat().st_size if file.exists() else 0, Unit.BYTES)
