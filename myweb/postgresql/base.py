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


class Connection(psycopg.Connection[Any]):
    def __init__(self, pgconn: Any) -> None:
        super().__init__(pgconn)
        self.statements: dict[str, bytes] = {}  # prepared on this connection -> name
        self.numbers = count(1)

    def fetch_prepared(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The rows of a statement that the server parses and plans once a connection.

        Past psycopg's cursor, which takes most of the time of a short query and, as Django sets it, prepares nothing.
        """
        if not self.autocommit and self.pgconn.transaction_status == pq.TransactionStatus.IDLE:
            return self.execute(sql, values).fetchall()  # the cursor begins the transaction
        try:
            return self.run_prepared(sql, values)
        except (errors.FeatureNotSupported, errors.InvalidSqlStatementName):
            # A migration changed the type of a column, or something between here and the server forgot the statement.
            self.statements.pop(sql, None)
            if self.pgconn.transaction_status != pq.TransactionStatus.IDLE:
                raise
            return self.run_prepared(sql, values)

    def run_prepared(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        parameters = [None if value is None else str(value).encode() for value in values]
        with self.lock:
            if sql not in self.statements:
                name = b"myweb_%d" % next(self.numbers)
                self.pgconn.send_prepare(name, number_placeholders(sql).encode())
                self.wait_for_result()
                self.statements[sql] = name
            self.pgconn.send_query_prepared(self.statements[sql], parameters)
            result = self.wait_for_result()
        rows = Transformer.from_context(self)
        rows.set_pgresult(result)
        return rows.load_rows(0, result.ntuples, tuple)

    def wait_for_result(self) -> Any:
        result = self.wait(generators.execute(self.pgconn))[-1]
        if result.status in {pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK}:
            return result
        raise errors.error_from_result(result, encoding=self.info.encoding)

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
