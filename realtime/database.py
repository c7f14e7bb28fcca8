"""The one crossing from the event loop to the database: a few threads, each with a lasting connection."""

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 6
TRUSTED_FOR = 1.0  # seconds for which a connection that has just worked is used without asking whether it lives

# Channels' database_sync_to_async has one thread for all sockets: a slow query on one would stall every other.
threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="database")
_worked = threading.local()


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a self-contained function: no lazy query set may leave it, no transaction may span two calls."""

    def call() -> T:
        if time.monotonic() - getattr(_worked, "at", 0.0) > TRUSTED_FOR:
            close_old_connections()  # drops a connection that has died or grown old; the next query checks it
        try:
            answer = function(*args, **kwargs)
        except BaseException:
            _worked.at = 0.0
            close_old_connections()
            raise
        _worked.at = time.monotonic()
        return answer

    context = contextvars.copy_context()  # carries the language
    return await asyncio.get_running_loop().run_in_executor(threads, context.run, call)
