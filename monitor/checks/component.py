"""Checks and runs beside the ticks: one thread with an event loop, and one more for the database."""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import uvloop
from django.db import Error as DatabaseTrouble
from django.db import close_old_connections, connections

from monitor.checks import run_queue, storage
from monitor.checks.scheduler import Asking
from monitor.checks.source import CheckSource
from monitor.metrics.component import CollectorComponent

if TYPE_CHECKING:
    from monitor.metrics.catalogue import Catalogue

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
RESOLVERS = 16  # threads: the system's own resolver can only be waited for
FORGET_EVERY = 3600  # seconds
ENDING = 4.0  # seconds that programs may take to end with the collector


class Checks(CollectorComponent):
    """The collector reads ``source``; only the one that leads asks."""

    def __init__(self) -> None:
        self.source = CheckSource()
        self.workshop: Workshop | None = None

    def own_sources(self) -> Sequence[CheckSource]:
        return [self.source]

    def begin(self, catalogue: "Catalogue") -> None:
        self.end()
        self.workshop = Workshop(self.source)
        self.workshop.start()

    def second(self, t: int) -> None:
        if self.workshop:
            self.workshop.pulse(t)

    def end(self) -> None:
        if self.workshop:
            self.workshop.stop()
        self.workshop = None
        self.source.latest = {}


class Loop(uvloop.Loop):
    """Half the CPU of asyncio's own loop."""

    async def getaddrinfo(self, *args: Any, **kwargs: Any) -> list[Any]:
        """In the executor: libuv has four threads, and four silent name servers would stop all checks."""
        return await self.run_in_executor(None, partial(socket.getaddrinfo, *args, **kwargs))


class Workshop(threading.Thread):
    def __init__(self, source: CheckSource) -> None:
        super().__init__(name="checks", daemon=True)
        self.source = source
        self.loop = Loop()
        self.stopping = asyncio.Event()
        self.database = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checks-database")
        self.asking, self.queue = Asking(source), run_queue.Queue(self.in_database)
        self.ready = False
        self.beat: asyncio.Task[None] | None = None

    # From the collector's thread

    def pulse(self, t: int) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self.loop.call_soon_threadsafe(self.begin_pulse, t)

    def stop(self) -> None:
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.stopping.set)
        self.join(ENDING)

    # In the loop

    def run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.set_default_executor(ThreadPoolExecutor(RESOLVERS, thread_name_prefix="checks-resolver"))
        try:
            self.loop.run_until_complete(self.live())
        except Exception:
            logger.exception("The check scheduler has stopped")
        finally:
            self.loop.close()

    async def live(self) -> None:
        try:
            await self.in_database(run_queue.give_up_running)
        except DatabaseTrouble as error:
            logger.warning("Earlier runs were not recovered: %s", error)
        self.ready = True
        await self.stopping.wait()
        for stop in self.queue.stops.values():
            stop.set()  # so that their cards say it
        await self.idle()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.in_database(connections.close_all)
        self.database.shutdown(wait=False)

    async def idle(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(ENDING - 1):
                while self.queue.stops:  # noqa: ASYNC110 - runs end by themselves
                    await asyncio.sleep(0.02)

    def begin_pulse(self, t: int) -> None:
        """A pulse that takes longer than a second lets the next one go by."""
        if self.ready and not self.stopping.is_set() and (self.beat is None or self.beat.done()):
            self.beat = self.loop.create_task(self.work(t))

    async def work(self, t: int) -> None:
        answers, self.asking.answers = self.asking.answers, []
        try:
            if answers:
                await self.in_database(storage.keep, answers)
            await self.queue.look()
            self.asking.follow(*await self.in_database(storage.plans))
            if t % FORGET_EVERY == 0:
                await self.in_database(storage.forget_old)
        except DatabaseTrouble as error:
            logger.warning("The results of this second were not stored: %s", error)
        except Exception:
            logger.exception("Scheduling the checks of this second failed")

    async def in_database(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def call() -> T:
            close_old_connections()
            return function(*args, **kwargs)

        return await self.loop.run_in_executor(self.database, call)
