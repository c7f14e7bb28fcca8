"""Many questions, one trip to the database: whatever is asked while it answers goes into the next batch.

A question alone is asked at once; a storm makes big batches, so that its cost is that of the batches.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from realtime.database import in_thread

Question = TypeVar("Question")
Outcome = TypeVar("Outcome")

SLOW = 0.02  # seconds; what has waited so long for a batch to end is asked beside it


class Batches(Generic[Question, Outcome]):
    """``work`` runs in a database thread and gives an outcome or an exception for each question, in their order.

    With ``at_once`` 1 batches follow each other, and outcomes come in the order of the questions. With more, a slow
    question holds up at most those of its own batch; questions that come together while nothing runs are asked apart.
    """

    def __init__(
        self, work: Callable[[Sequence[Question]], Sequence[Outcome | Exception]], *, size: int, at_once: int = 1
    ) -> None:
        self.work, self.size, self.at_once = work, size, at_once
        self.waiting: deque[tuple[Question, asyncio.Future[Outcome]]] = deque()
        self.running: set[asyncio.Task[None] | None] = set()
        self.fresh = 0  # of those running: have not taken a batch yet
        self.timer: asyncio.TimerHandle | None = None

    def ask(self, question: Question) -> "asyncio.Future[Outcome]":
        """The future raises what ``work`` gave as an exception for this question, or raised for all of them."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.waiting.append((question, future))
        if not self.running or (self.fresh and len(self.running) < self.at_once):
            self.start()
        else:
            self.hurry_soon()
        return future

    def start(self) -> None:
        self.fresh += 1
        self.running.add(asyncio.get_running_loop().create_task(self.drain()))

    def hurry_soon(self) -> None:
        if self.timer is None and self.at_once > 1:
            self.timer = asyncio.get_running_loop().call_later(SLOW, self.hurry)

    def hurry(self) -> None:
        self.timer = None
        if self.waiting and len(self.running) < self.at_once:
            self.start()

    async def drain(self) -> None:
        share = -(-len(self.waiting) // self.fresh)
        self.fresh -= 1
        try:
            while self.waiting:
                await self.answer([self.waiting.popleft() for _ in range(min(self.size, share, len(self.waiting)))])
                if len(self.running) > 1:  # beside a slow one; another makes bigger batches alone
                    break
                share = len(self.waiting)
        finally:  # in the step that found nothing waiting, so that the next question starts a task of its own
            self.running.discard(asyncio.current_task())
            if self.waiting and self.running:
                self.hurry_soon()
            elif self.waiting:
                self.start()

    async def answer(self, batch: Sequence[tuple[Question, "asyncio.Future[Outcome]"]]) -> None:
        outcomes: Sequence[Outcome | Exception]
        try:
            outcomes = await in_thread(self.work, [question for question, _future in batch])
        except Exception as error:
            outcomes = [error] * len(batch)
        for (_question, future), outcome in zip(batch, outcomes, strict=True):
            settle(future, outcome)


def settle(future: "asyncio.Future[Outcome]", outcome: Outcome | Exception) -> None:
    if future.done():  # whoever asked has gone
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
