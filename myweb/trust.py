"""A connection to the database that has just worked is used again without asking first whether it lives.

Django asks (``CONN_HEALTH_CHECKS``) before each request: for a page of two queries a third one. Whoever has not spoken
to the database for a second still asks, so that a restart is not noticed by those who come after it.
"""

import threading
import time
from typing import Any

from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections

TRUSTED_FOR = 1.0  # seconds

_worked = threading.local()


def begin(**_signal: Any) -> None:
    """Before work in this thread: drops a connection that has died or grown old; the next query checks any other."""
    close_old_connections()
    if time.monotonic() - getattr(_worked, "at", 0.0) <= TRUSTED_FOR:
        # Not health_check_done, which then tells whether the connection was used.
        vars(connections[DEFAULT_DB_ALIAS])["is_usable"] = lambda: True


def end(**_signal: Any) -> None:
    """After it; a connection with errors is asked whether it lives. Work that did not use it says nothing about it."""
    connection = connections[DEFAULT_DB_ALIAS]
    used = connection.health_check_done  # type: ignore[attr-defined]
    vars(connection).pop("is_usable", None)
    close_old_connections()
    if connection.connection is None:
        _worked.at = 0.0
    elif used:
        _worked.at = time.monotonic()
