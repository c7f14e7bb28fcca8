"""Django's backend for PostgreSQL, which gives up on a server that stands still.

A stopped process, or a host behind a cut cable, closes no connection: a query would wait until its worker is killed. A
query that is only slow goes on, since the server then still answers somebody who connects.
"""

import socket
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.errors import _WaitTimeout

QUIET_SECONDS = 3.0  # without an answer, until the server is asked whether it lives
ASK_SECONDS = 1.5  # for that answer
SSL_REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])  # the first message of a client; the server answers it with one byte


class Connection(psycopg.Connection[Any]):
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
