"""Background tasks of the event loop: kept alive until they end, never fatal."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from myweb.errors import Refused
from myweb.failure_log import FailureLog

logger = logging.getLogger(__name__)
failures = FailureLog(logger)

_running: set[asyncio.Task[None]] = set()  # the loop holds only weak references


def start_task(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.get_running_loop().create_task(guard_task(work))
    _running.add(task)
    task.add_done_callback(_running.discard)


async def guard_task(work: Coroutine[Any, Any, None]) -> None:
    """Logs an error by the name of the function. Housekeeping tries again."""
    name = getattr(work, "__qualname__", "A background task")
    try:
        await work
    except Refused as refused:
        logger.info("%s", refused)
    except Exception as error:
        failures.record_failure(name, error)
    else:
        failures.record_success(name)
