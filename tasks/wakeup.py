"""Waits for a commit that may have added a task, without reading the queue.

PostgreSQL delivers NOTIFY at the commit. On SQLite ``PRAGMA data_version`` changes with each commit of another
connection; asking it touches no table and takes no lock.
"""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection

from tasks.queue import CHANNEL

POLL_INTERVAL = 0.05  # seconds, on SQLite


class Wakeup:
    """Uses the connection of its thread, which must be in no transaction."""

    def __init__(self, is_stopping: Callable[[], bool]) -> None:
        self.is_stopping = is_stopping
        self.listening_on: object = None  # the connection that listens; a new one must be told to
        self.version = 0

    def wait(self, seconds: float) -> bool:
        """Whether there was such a commit. Returns after ``seconds`` at the latest. Raises :class:`django.db.Error`."""
        if connection.vendor == "postgresql":
            return self.wait_for_notification(seconds)
        return self.poll_version(seconds)

    def wait_for_notification(self, seconds: float) -> bool:
        connection.ensure_connection()
        if self.listening_on is not connection.connection:
            with connection.cursor() as cursor:
                cursor.execute(f"listen {CHANNEL}")
            self.listening_on = connection.connection
            return True  # what came before went unheard
        driver: Any = connection.connection
        with connection.wrap_database_errors:  # notifies() raises the errors of psycopg
            return len(list(driver.notifies(timeout=seconds, stop_after=1))) > 0

    def poll_version(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        connection.ensure_connection()
        driver: Any = connection.connection  # without the cursor of Django, which costs twice as much
        while True:
            with connection.wrap_database_errors:
                (version,) = driver.execute("pragma data_version").fetchone()
            if version != self.version:
                self.version = version
                return True
            left = end - time.monotonic()
            if left <= 0 or self.is_stopping():
                return False
            time.sleep(min(left, POLL_INTERVAL))
