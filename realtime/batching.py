"""Batching (as a dataloader does): requests that arrive while a query runs share the next query.

A single request runs at once. Many concurrent requests make few large batches.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from realtime.database import in_thread

Request = TypeVar("Request")
Result = TypeVar("Result")

SLOW = 0.02  # seconds; requests that waited so long get a batch of their own
RESULTS_AT_ONCE = 20  # in one turn of the loop: each goes on with its caller's work, and the other sockets wait


class Batcher(Generic[Request, Result]):
    """``work`` runs in a database thread. It returns a result or an exception for each request, in order.

    With ``concurrency`` 1 batches run one after the other, and results keep the order of the requests. With more, a
    slow request delays only its own batch; requests that arrive together on an idle batcher are spread over batches.
    """

    def __init__(
        self, work: Callable[[Sequence[Request]], Sequence[Result | Exception]], *, size: int, concurrency: int = 1
    ) -> None:
        self.work, self.size, self.concurrency = work, size, concurrency
        self.waiting: deque[tuple[Request, asyncio.Future[Result]]] = deque()
        self.running: set[asyncio.Task[None] | None] = set()
        self.starting = 0  # running tasks that have not taken a batch yet
        self.timer: asyncio.TimerHandle | None = None

    def submit(self, request: Request) -> "asyncio.Future[Result]":
        """The future raises the exception that ``work`` returned for this request or raised for the whole batch."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self.waiting.append((request, future))
        if not self.running or (self.starting and len(self.running) < self.concurrency):
            self.start()
        else:
            self.start_another_soon()
        return future

    def start(self) -> None:
        self.starting += 1
        self.running.add(asyncio.get_running_loop().create_task(self.drain()))

    def start_another_soon(self) -> None:
        if self.timer is None and self.concurrency > 1:
            self.timer = asyncio.get_running_loop().call_later(SLOW, self.start_another)

    def start_another(self) -> None:
        self.timer = None
        if self.waiting and len(self.running) < self.concurrency:
            self.start()

    async def drain(self) -> None:
        share = -(-len(self.waiting) // self.starting)
        self.starting -= 1
        try:
            while self.waiting:
                await self.run_batch([self.waiting.popleft() for _ in range(min(self.size, share, len(self.waiting)))])
                if len(self.running) > 1:  # a slow batch runs beside; one task alone makes larger batches
                    break
                share = len(self.waiting)
        finally:  # in the same step that found the queue empty, so that the next request starts a task
            self.running.discard(asyncio.current_task())
            if self.waiting and self.running:
                self.start_another_soon()
            elif self.waiting:
                self.start()

    async def run_batch(self, batch: Sequence[tuple[Request, "asyncio.Future[Result]"]]) -> None:
        results: Sequence[Result | Exception]
        try:
            results = await in_thread(self.work, [request for request, _future in batch])
        except Exception as error:
            results = [error] * len(batch)
        for number, ((_request, future), result) in enumerate(zip(batch, results, strict=True), 1):
            resolve_future(future, result)
            if number % RESULTS_AT_ONCE == 0 and self.concurrency > 1:  # else the next batch would wait
                await asyncio.sleep(0)


def resolve_future(future: "asyncio.Future[Result]", result: Result | Exception) -> None:
    if future.done():  # the caller has gone
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
