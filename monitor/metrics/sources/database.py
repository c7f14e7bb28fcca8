"""The site's own database: the statistics views of PostgreSQL, or the files of SQLite."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db import Error, connection

from monitor.metrics.readings import Rates, Reading, SourceDown, Unit
from monitor.metrics.sources.source import SourceReader
from myweb.masking import describe_exception

SIZE_INTERVAL = 60  # seconds: summing up the files of a large database is slow

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
ROWS = """
    select coalesce(sum(n_dead_tup), 0), coalesce(sum(n_live_tup), 0) from pg_stat_user_tables
"""
WAL = """
    select case when pg_is_in_recovery() then 0 else pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') end
"""
CHECKPOINTS = "select num_timed, num_requested from pg_stat_checkpointer"
CHECKPOINTS_BEFORE_17 = "select checkpoints_timed, checkpoints_req from pg_stat_bgwriter"
MESSAGES = "select coalesce(sum(seq), 0) from chat_room"
SIZE = """
    select pg_database_size(current_database()), age(datfrozenxid) from pg_database where datname = current_database()
"""


class DatabaseReader(SourceReader):
    key = "database"

    def __init__(self) -> None:
        self.rates = Rates()
        self.size_readings: list[Reading] = []
        self.size_until = 0.0

    def read(self, at: float) -> Iterable[Reading]:
        try:
            if connection.vendor == "postgresql":
                yield from self.read_postgresql(at)
            else:
                yield from read_sqlite()
            yield from self.rates.reading("messages", float(self.fetch_row(MESSAGES)[0]), at)
        except Error as error:
            connection.close()
            raise SourceDown(f"The database does not respond: {describe_exception(error)}") from None

    def read_postgresql(self, at: float) -> Iterator[Reading]:
        started = time.perf_counter()
        active, idle, total, longest, locked, max_connections = self.fetch_row(ACTIVITY)
        yield Reading("answer", time.perf_counter() - started, Unit.SECONDS)
        yield Reading("connections", total)
        yield Reading("connections.active", active)
        yield Reading("connections.idle_in_transaction", idle)
        yield Reading("connections.most", max_connections)
        yield Reading("transaction.longest", float(longest), Unit.SECONDS)
        yield Reading("locks.waiting", locked)
        yield from self.read_counters(at)
        yield from self.read_wal(at)
        if at >= self.size_until:
            self.size_readings = list(self.read_size())
            self.size_until = at + SIZE_INTERVAL
        yield from self.size_readings

    def read_size(self) -> Iterator[Reading]:
        size, age = self.fetch_row(SIZE)
        yield Reading("size", size, Unit.BYTES)
        yield Reading("transaction.age", age)
        dead, live = map(float, self.fetch_row(ROWS))
        yield Reading("rows.dead", dead)
        yield Reading("rows.live", live)

    def read_wal(self, at: float) -> Iterator[Reading]:
        """Yield the rate of the write-ahead log and of checkpoints."""
        yield from self.rates.reading("wal.written", float(self.fetch_row(WAL)[0]), at, Unit.BYTES_PER_SECOND)
        version: int = connection.pg_version  # type: ignore[attr-defined]
        timed, requested = map(float, self.fetch_row(CHECKPOINTS if version >= 170_000 else CHECKPOINTS_BEFORE_17))
        yield from self.rates.reading("checkpoints.timed", timed, at)
        yield from self.rates.reading("checkpoints.asked", requested, at)

    def read_counters(self, at: float) -> Iterator[Reading]:
        commits, rollbacks, hit, read, rows, deadlocks, temporary = map(float, self.fetch_row(COUNTS))
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
    def fetch_row(query: str) -> tuple[float, ...]:
        with connection.cursor() as cursor:
            cursor.execute(query)
            row: tuple[float, ...] = cursor.fetchone()
            return row


def read_sqlite() -> Iterator[Reading]:
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from sqlite_schema")
    yield Reading("answer", time.perf_counter() - started, Unit.SECONDS)
    path = Path(connection.settings_dict["NAME"])
    for name, file in (("size", path), ("wal", path.with_name(f"{path.name}-wal"))):
        yield Reading(name, file.stat().st_size if file.exists() else 0, Unit.BYTES)
