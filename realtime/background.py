"""Background tasks of the event loop: kept alive until they end, never fatal."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from myweb.errors import Refused

logger = logging.getLogger(__name__)

_running: set[asyncio.Task[None]] = set()  # the loop holds only weak references


def start_task(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.get_running_loop().create_task(guard_task(work))
    _running.add(task)
    task.add_done_callback(_running.discard)


async def guard_task(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Refused as refused:
        logger.info("%s", refused)
    except Exception as error:
        logger.warning("%r failed and will be retried: %s", work, error)
