"""Skips the health check of a database connection that was used within the last second.

With ``CONN_HEALTH_CHECKS`` Django sends a query before each request: a third one for a page of two. A thread that was
idle for a second still checks, so a restart of the database costs no request after it.
"""

import threading
import time
from typing import Any

from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections

HEALTHY_FOR = 1.0  # seconds

_last_use = threading.local()


def prepare_connection(**_signal: Any) -> None:
    """Before work in this thread: closes a dead or old connection, and skips the check of one that was just used."""
    close_old_connections()
    if time.monotonic() - getattr(_last_use, "at", 0.0) <= HEALTHY_FOR:
        # Not health_check_done, which then tells whether the connection was used.
        vars(connections[DEFAULT_DB_ALIAS])["is_usable"] = lambda: True


def release_connection(**_signal: Any) -> None:
    """After work: checks a connection that had errors. Only work that used the connection counts as a use."""
    connection = connections[DEFAULT_DB_ALIAS]
    used = connection.health_check_done  # type: ignore[attr-defined]
    vars(connection).pop("is_usable", None)
    close_old_connections()
    if connection.connection is None:
        _last_use.at = 0.0
    elif used:
        _last_use.at = time.monotonic()
