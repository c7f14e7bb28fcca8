"""Django's backend for PostgreSQL, which gives up on a server that stands still.

A stopped process, or a host behind a cut cable, closes no connection: a query would wait until its worker is killed. A
query that is only slow goes on, since the server then still answers somebody who connects.
"""

import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import errors, generators, pq
from psycopg.adapt import Transformer
from psycopg.errors import _WaitTimeout

QUIET_SECONDS = 3.0  # without an answer, until the server is asked whether it lives
ASK_SECONDS = 1.5  # for that answer
SSL_REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])  # the first message of a client; the server answers it with one byte


Statement = tuple[str, Sequence[Any]]  # with %s for each value


class Connection(psycopg.Connection[Any]):
    def __init__(self, pgconn: Any) -> None:
        super().__init__(pgconn)
        self.names: dict[str, bytes] = {}  # of the statements that are prepared on this connection
        self.numbers = count(1)

    def fetch_prepared(self, *statements: Statement) -> list[list[tuple[Any, ...]]]:
        """The rows of each statement, by one trip. The server parses and plans a statement once a connection.

        Past psycopg's cursor, which takes most of the time of a short query and, as Django sets it, prepares nothing.
        """
        if not self.autocommit and self.pgconn.transaction_status == pq.TransactionStatus.IDLE:
            begin = self._get_tx_start_command().decode()
            return self.fetch_prepared_now([(begin, ()), *statements])[1:]
        return self.fetch_prepared_now(statements)

    def fetch_prepared_now(self, statements: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
        try:
            return self.run_pipeline(statements)
        except (errors.FeatureNotSupported, errors.InvalidSqlStatementName):
            # A migration changed the type of a column, or something between here and the server forgot the statement.
            self.names.clear()
            if self.pgconn.transaction_status != pq.TransactionStatus.IDLE:
                raise
            return self.run_pipeline(statements)

    def run_pipeline(self, statements: Sequence[Statement]) -> list[list[tuple[Any, ...]]]:
        names = {sql: self.names.get(sql) or b"myweb_%d" % next(self.numbers) for sql, _values in statements}
        parameters = [[encode_value(value) for value in values] for _sql, values in statements]
        with self.lock:
            try:
                self.pgconn.enter_pipeline_mode()
                for sql, name in names.items():
                    if sql not in self.names:
                        self.pgconn.send_prepare(name, number_placeholders(sql).encode())
                for (sql, _values), values in zip(statements, parameters, strict=True):
                    self.pgconn.send_query_prepared(names[sql], values)
                self.pgconn.pipeline_sync()
                results = self.wait(receive_results(self.pgconn))
                self.pgconn.exit_pipeline_mode()
            except BaseException:
                self.pgconn.finish()  # an answer that comes later belongs to nobody
                raise
        for result in results:
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise errors.error_from_result(result, encoding=self.info.encoding)
        self.names |= names
        return [self.load_rows(result) for result in results[-len(statements) :]]

    def load_rows(self, result: Any) -> list[tuple[Any, ...]]:
        rows = Transformer.from_context(self)
        rows.set_pgresult(result)
        return rows.load_rows(0, result.ntuples, tuple)

    def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
        """Raises :class:`psycopg.OperationalError` if the server does not answer within five seconds."""
        while True:
            try:
                return super().wait(gen, *arguments, **{"timeout": QUIET_SECONDS, **options})
            except _WaitTimeout:
                if "timeout" in options:
                    raise
                if not is_server_alive(self.info.host, self.info.port):
                    self.pgconn.finish()  # an answer that comes later belongs to nobody
                    raise psycopg.OperationalError("the server does not answer") from None


def receive_results(pgconn: Any) -> Any:
    """Sends what is buffered, and waits for the answer to each part of it; a generator for :meth:`Connection.wait`."""
    yield from generators.send(pgconn)
    results: list[Any] = []
    while not results or results[-1].status != pq.ExecStatus.PIPELINE_SYNC:
        part = yield from generators.fetch_many(pgconn)
        if not part:
            raise psycopg.OperationalError("the connection is lost")
        results += part
    return results[:-1]


def encode_value(value: Any) -> bytes | None:
    """As text, whose type the server knows from the statement."""
    if value is None:
        return None
    encoded = str(value).encode()
    if b"\0" in encoded:  # libpq would take what is before it
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return encoded


def number_placeholders(sql: str) -> str:
    """``%s`` of Python as the ``$1``, ``$2`` of PostgreSQL, and ``%%`` as ``%``."""
    numbers = count(1)
    return re.sub("%[s%]", lambda match: f"${next(numbers)}" if match[0] == "%s" else "%", sql)


def is_server_alive(host: str, port: int) -> bool:
    with suppress(OSError), connect(host, port) as line:
        line.sendall(SSL_REQUEST)
        return bool(line.recv(1))
    return False


def connect(host: str, port: int) -> socket.socket:
    """``host`` may be the folder of a unix socket."""
    if not host.startswith("/"):
        return socket.create_connection((host, port), timeout=ASK_SECONDS)
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(ASK_SECONDS)
    try:
        line.connect(str(Path(host) / f".s.PGSQL.{port}"))
    except OSError:
        line.close()
        raise
    return line


class Driver(ModuleType):
    """psycopg, with connections of the class above."""

    connect = Connection.connect

    def __getattr__(self, name: str) -> Any:
        return getattr(psycopg, name)


class DatabaseWrapper(base.DatabaseWrapper):
    Database = Driver("psycopg")
