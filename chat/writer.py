"""Group commit: whatever is sent while a transaction runs goes into the next one.

A message alone commits at once; a storm makes big batches. Nothing is acknowledged before its commit, and the order of
a socket's messages is the order in which they came.
"""

import asyncio
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from django.db import DataError, IntegrityError
from django.utils.translation import gettext_lazy as _

from chat.drafts import Draft
from chat.store import Outcome, store
from realtime.database import in_thread
from realtime.protocol import Refused

BATCH = 500  # drafts of one transaction

Waiting = tuple[Draft, "asyncio.Future[object]"]


class Writer:
    def __init__(self) -> None:
        self.waiting: list[Waiting] = []
        self.task: asyncio.Task[None] | None = None

    def put(self, draft: Draft) -> "asyncio.Future[object]":
        """The future gives :class:`chat.events.Sent`, or raises :class:`Refused` or a database error."""
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self.waiting.append((draft, future))
        if self.task is None:
            self.task = asyncio.get_running_loop().create_task(self.drain())
        return future

    async def drain(self) -> None:
        try:
            while self.waiting:
                batch, self.waiting = self.waiting[:BATCH], self.waiting[BATCH:]
                await self.commit(batch)
        finally:
            self.task = None

    async def commit(self, batch: Sequence[Waiting]) -> None:
        try:
            outcomes: Sequence[Outcome | Exception] = await in_thread(store, [draft for draft, _future in batch])
        except (DataError, IntegrityError) as error:
            if len(batch) > 1:  # one of them is not to be stored; each alone shows which
                for each in batch:
                    await self.commit([each])
                return
            # The same message from two processes at once can be sent again; one that the database will not hold cannot.
            unfit = isinstance(error, DataError)
            outcomes = [Refused("invalid", _("This message cannot be stored.")) if unfit else error]
        except Exception as error:
            outcomes = [error] * len(batch)  # every sender gets it as an answer
        for (_draft, future), outcome in zip(batch, outcomes, strict=True):
            settle(future, outcome)


def settle(future: "asyncio.Future[object]", outcome: Outcome | Exception) -> None:
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


_writers: "WeakKeyDictionary[asyncio.AbstractEventLoop, Writer]" = WeakKeyDictionary()


def get_writer() -> Writer:
    return _writers.setdefault(asyncio.get_running_loop(), Writer())
