"""CPU-bound jobs, one at a time in a thread of their own; users take turns.

A user with many jobs waits for them; each other user waits for at most one job of every user.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from realtime.rate_limits import TooFast

T = TypeVar("T")
Job = tuple[Callable[[], Any], "asyncio.Future[Any]"]

PENDING = 20  # jobs of one user; a socket waits for its job, so only many sockets of one user reach this
RETRY_AFTER = 1.0  # seconds: enough for a full queue of the slowest messages

# One thread, apart from those of the database: more would not be faster, and queries must not wait.
worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="parser")


class FairQueue:
    def __init__(self) -> None:
        self.jobs: dict[int, deque[Job]] = {}  # by user, in the order of their turns
        self.task: asyncio.Task[None] | None = None

    def submit(self, user_id: int, work: Callable[[], T]) -> "asyncio.Future[T]":
        """Jobs of one user keep their order. Raises :class:`TooFast` while too many of them wait."""
        jobs = self.jobs.setdefault(user_id, deque())
        if len(jobs) >= PENDING:
            raise TooFast(RETRY_AFTER)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        jobs.append((work, future))
        if self.task is None:
            self.task = loop.create_task(self.run())
        return future

    async def run(self) -> None:
        try:
            while self.jobs:
                await self.run_next()
        finally:
            self.task = None

    async def run_next(self) -> None:
        user_id = next(iter(self.jobs))
        jobs = self.jobs.pop(user_id)
        work, future = jobs.popleft()
        if jobs:
            self.jobs[user_id] = jobs  # at the end: other users come first
        if future.cancelled():
            return
        try:
            result = await asyncio.get_running_loop().run_in_executor(worker, work)
        except Exception as error:
            if not future.done():
                future.set_exception(error)
        else:
            if not future.done():
                future.set_result(result)
