"""Runs checks and commands in a thread with an event loop. A second thread accesses the database."""

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

from monitor.checks import outages, retention, run_queue, storage
from monitor.checks.scheduler import CheckScheduler
from monitor.checks.source import CheckSource
from monitor.metrics.collector_job import CollectorJob
from myweb.failure_log import FailureLog

if TYPE_CHECKING:
    from monitor.metrics.catalogue import Catalogue

logger = logging.getLogger(__name__)
failures = FailureLog(logger)

P = ParamSpec("P")
T = TypeVar("T")
RESOLVER_THREADS = 16  # the resolver of the system blocks a thread
PURGE_EVERY = 3600  # seconds
STORE_DELAY = 0.05  # seconds until the first result or a new state is stored; those of one moment go together
MAX_UNSTORED = 10_000  # results that wait for the database
SCHEDULING, STORING = "Scheduling checks", "Storing the results of checks"
STOP_TIMEOUT = 4.0  # seconds that programs get to exit with the collector


class Checks(CollectorJob):
    """The checks of the collector. Only the leading collector sends probes."""

    def __init__(self) -> None:
        self.source = CheckSource()
        self.thread: CheckThread | None = None

    def own_sources(self) -> Sequence[CheckSource]:
        return [self.source]

    def begin(self, catalogue: "Catalogue") -> None:
        self.end()
        self.thread = CheckThread(self.source)
        self.thread.start()

    def second(self, t: int) -> None:
        if self.thread:
            self.thread.request_cycle(t)

    def without_database(self, t: int, reason: str) -> None:
        self.second(t)

    def end(self) -> None:
        if self.thread:
            self.thread.stop()
        self.thread = None
        self.source.latest = {}


class CheckLoop(uvloop.Loop):
    """uvloop uses half the CPU of asyncio's own loop."""

    async def getaddrinfo(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Resolves in the executor: libuv has four threads, which four silent name servers would block."""
        return await self.run_in_executor(None, partial(socket.getaddrinfo, *args, **kwargs))


class CheckThread(threading.Thread):
    def __init__(self, source: CheckSource) -> None:
        super().__init__(name="checks", daemon=True)
        self.source = source
        self.loop = CheckLoop()
        self.stopping = asyncio.Event()
        self.database = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checks-database")
        self.scheduler = CheckScheduler(source, self.store_soon)
        self.queue = run_queue.RunQueue(self.in_database)
        self.ready = False
        self.newest_check = 0
        self.rooms_informed = False  # False: a state has changed, or the collector has just started
        self.storing: asyncio.Task[None] | None = None
        self.cycle: asyncio.Task[None] | None = None

    # Called by the collector's thread

    def request_cycle(self, t: int) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self.loop.call_soon_threadsafe(self.start_cycle, t)

    def stop(self) -> None:
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.stopping.set)
        self.join(STOP_TIMEOUT)

    # Called in the loop

    def run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.set_default_executor(ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="checks-resolver"))
        try:
            self.loop.run_until_complete(self.run_until_stopped())
        except Exception:
            logger.exception("The check scheduler has stopped")
        finally:
            self.loop.close()

    async def run_until_stopped(self) -> None:
        try:
            await self.in_database(run_queue.mark_running_lost)
        except DatabaseTrouble as error:
            logger.warning("Earlier runs were not recovered: %s", error)
        self.ready = True
        await self.stopping.wait()
        for stop in self.queue.stops.values():
            stop.set()  # so that their cards show it
        await self.wait_for_runs()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.in_database(connections.close_all)
        self.database.shutdown(wait=False)

    async def wait_for_runs(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_TIMEOUT - 1):
                while self.queue.stops:  # noqa: ASYNC110 - runs end by themselves
                    await asyncio.sleep(0.02)

    def start_cycle(self, t: int) -> None:
        """Starts a cycle, unless the previous one is still running."""
        if self.ready and not self.stopping.is_set() and (self.cycle is None or self.cycle.done()):
            self.cycle = self.loop.create_task(self.run_cycle(t))

    async def run_cycle(self, t: int) -> None:
        await self.store_results()
        try:
            await self.queue.poll()
            await self.load_plans()
            if t % PURGE_EVERY == 0:
                await self.in_database(retention.delete_old_history)
            await asyncio.sleep(0.5)
            if await self.in_database(storage.find_newest_check) != self.newest_check:
                await self.load_plans()  # the first result of a new check is there within a second
        except Exception as error:
            failures.record_failure(SCHEDULING, error, exc_info=not isinstance(error, DatabaseTrouble))
            self.scheduler.start_due()  # the known checks run on; their results are stored later
        else:
            failures.record_success(SCHEDULING)

    async def load_plans(self) -> None:
        self.newest_check = await self.in_database(storage.find_newest_check)
        self.scheduler.update(*await self.in_database(storage.load_plans))

    def store_soon(self) -> None:
        if self.storing is None or self.storing.done():
            self.storing = self.loop.create_task(self.store_after_delay())

    async def store_after_delay(self) -> None:
        await asyncio.sleep(STORE_DELAY)
        await self.store_results()

    async def store_results(self) -> None:
        """Also tells the rooms of new states."""
        results, self.scheduler.results = self.scheduler.results, []
        try:
            if results:
                changed = await self.in_database(storage.store_results, results)
                self.rooms_informed = self.rooms_informed and not changed
            if not self.rooms_informed:
                await self.in_database(outages.inform_rooms)
                self.rooms_informed = True
        except Exception as error:
            failures.record_failure(STORING, error, exc_info=not isinstance(error, DatabaseTrouble))
            if isinstance(error, DatabaseTrouble):
                self.scheduler.results = [*results, *self.scheduler.results][-MAX_UNSTORED:]
        else:
            failures.record_success(STORING)

    async def in_database(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def call() -> T:
            close_old_connections()
            return function(*args, **kwargs)

        return await self.loop.run_in_executor(self.database, call)
