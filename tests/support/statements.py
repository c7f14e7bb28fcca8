"""What this thread's connection sends to PostgreSQL, by libpq's own account: prepared or not, by Django or past it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection
from psycopg import pq


@dataclass
class Traffic:
    statements: int = 0  # that the server has carried out
    trips: int = 0  # to the server and back
    texts: list[str] = field(default_factory=list)  # that the server had to parse


@contextmanager
def watched() -> Iterator[Traffic]:
    """Filled in at the end. The connection must outlive it."""
    if connection.vendor != "postgresql":
        pytest.skip("counts the messages to PostgreSQL")
    connection.ensure_connection()
    driver: Any = connection.connection
    traffic = Traffic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as file:
        driver.pgconn.trace(file.fileno())
        driver.pgconn.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)
        try:
            yield traffic
        finally:
            driver.pgconn.untrace()
        assert connection.connection is driver, "another connection was opened, whose statements are missing"
        file.seek(0)
        for line in file:
            sender, _size, kind, *values = line.rstrip("\n").split("\t")
            if sender == "B":
                traffic.statements += kind == "CommandComplete"
                traffic.trips += kind == "ReadyForQuery"
            elif kind in {"Query", "Parse"}:
                traffic.texts.append("\t".join(values).strip())
