"""Database calls from the event loop: a small thread pool, each thread with a persistent connection."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from myweb import connection_health

P = ParamSpec("P")
T = TypeVar("T")

DATABASE_THREADS = 6

# Channels' database_sync_to_async has one thread for all sockets: a slow query on one would stall every other.
threads = ThreadPoolExecutor(max_workers=DATABASE_THREADS, thread_name_prefix="database")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a function that returns no lazy query set and leaves no transaction open."""

    def call() -> T:
        connection_health.prepare_connection()
        try:
            return function(*args, **kwargs)
        finally:
            connection_health.release_connection()

    context = contextvars.copy_context()  # carries the language
    return await asyncio.get_running_loop().run_in_executor(threads, context.run, call)
