"""A connection to the database that has just worked is used again without asking first whether it lives.

Django asks (``CONN_HEALTH_CHECKS``) before each request: for a page of two queries a third one. Whoever has not spoken
to the database for a second still asks, so that a restart is not noticed by those who come after it.
"""

import threading
import time
from typing import Any

from django.db import close_old_connections, connection

TRUSTED_FOR = 1.0  # seconds

_worked = threading.local()


def begin(**_signal: Any) -> None:
    """Before work in this thread: drops a connection that has died or grown old; the next query checks any other."""
    ask_truly()
    close_old_connections()
    if time.monotonic() - getattr(_worked, "at", 0.0) <= TRUSTED_FOR:
        connection.is_usable = lambda: True  # type: ignore[method-assign]


def end(**_signal: Any) -> None:
    """After it; a connection with errors is asked whether it lives. Work that did not use it says nothing about it."""
    used = connection.health_check_done  # type: ignore[attr-defined]
    ask_truly()
    close_old_connections()
    if connection.connection is None:
        _worked.at = 0.0
    elif used:
        _worked.at = time.monotonic()


def ask_truly() -> None:
    if "is_usable" in vars(connection._connections[connection._alias]):  # type: ignore[attr-defined]
        del connection.is_usable
