"""The worker: threads that run tasks and loops, and a main thread that wakes them, keeps the lease, rescues tasks.

How long a task may run is in backend.py; when it is tried again, in retries.py.
"""

import logging
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

from django.db import Error, connection
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django_tasks.base import TaskContext, TaskResult, TaskResultStatus

from myweb import connection_health
from myweb.failure_log import FailureLog
from tasks.backend import DurableTask
from tasks.loops import Loop, make_worker_loops
from tasks.periodic import enqueue_periodic_tasks
from tasks.queue import (
    ClaimedTask,
    claim_task,
    count_seconds_until_due,
    finish_task,
    release_worker,
    renew_lease,
    rescue_tasks,
    retry_or_fail_task,
)
from tasks.retries import MAX_UNKNOWN_TRIES, PAUSES
from tasks.wakeup import Wakeup

logger = logging.getLogger(__name__)
failures = FailureLog(logger)

LOOK_EVERY = 1.0  # seconds: due tasks are found by then even if a notification was lost
RESCUE_EVERY = 2.0
RETRY_DATABASE = 0.5  # seconds
DATABASE = "The database"
# Between two calls of a loop. SQLite shows each commit to the main thread. PostgreSQL does not announce them: a NOTIFY
# would have all writers commit one after the other.
COMMIT_PAUSE = {"sqlite": 0.1, "postgresql": 0.25}


class TaskWorker:
    def __init__(
        self, *, threads: int = 4, lease: float = 60.0, parent: int | None = None, beat: Path | None = None
    ) -> None:
        # A container that is started again has the same host name and pid, so neither tells it from a dead one.
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self.lease, self.parent, self.beat = lease, parent, beat
        self.thread_count = threads
        self.is_stopping = False
        self.overdue: set[int] = set()
        self.running: dict[int, RunningTask] = {}  # by thread
        self.idle = 0
        self.offered = False
        self.offer_changed = threading.Condition()
        self.committed: list[threading.Event] = []  # one for each loop
        self.wakeup = Wakeup(lambda: self.is_stopping)
        self.renewed_at = self.rescued_at = -1e9
        self.periodic_at = datetime.min.replace(tzinfo=UTC)

    def stop(self) -> None:
        """A signal handler may call it."""
        self.is_stopping = True

    def run(self, grace: float) -> bool:
        """Until :meth:`stop`. False if a task took too long: end the process then, since its thread cannot be ended."""
        threads = [
            threading.Thread(target=self.work, name=f"task-{number}", daemon=True)
            for number in range(self.thread_count)
        ]
        for loop in make_worker_loops():
            self.committed.append(threading.Event())
            threads.append(threading.Thread(target=self.repeat, args=[loop, self.committed[-1]], daemon=True))
        self.guard(self.keep_house)
        for thread in threads:
            thread.start()
        while not self.is_stopping and self.parent in {None, os.getppid()}:
            self.guard(self.run_once)
            if self.beat:
                self.beat.touch()
            self.is_stopping |= self.find_overdue()
        self.shut_down(threads, 0.0 if self.overdue else grace)
        return not self.overdue

    def run_once(self) -> None:
        self.keep_house()
        seconds = LOOK_EVERY
        if self.idle:
            until_due = count_seconds_until_due()
            if until_due <= 0:
                self.offer()
            else:
                seconds = min(seconds, until_due)
        if self.wakeup.wait(seconds):
            self.offer()
            for committed in self.committed:
                committed.set()

    def keep_house(self) -> None:
        now = time.monotonic()
        if now - self.renewed_at >= self.lease / 3:
            renew_lease(self.name, self.lease)
            self.renewed_at = now
        if now - self.rescued_at >= min(RESCUE_EVERY, self.lease / 3):
            self.rescued_at = now
            for task in rescue_tasks():
                logger.warning("%s was running when its worker died (%s).", task, task.worker)
                self.offer()
        if (moment := timezone.now()) >= self.periodic_at:
            self.periodic_at = enqueue_periodic_tasks(moment)
            self.offer()

    def find_overdue(self) -> bool:
        now = time.monotonic()
        for ident, entry in list(self.running.items()):
            if now < entry.end:
                continue
            self.overdue.add(entry.task.pk)
            stack = "".join(traceback.format_stack(sys._current_frames().get(ident)))
            message = "%s #%d took too long, so this worker ends. It was here:\n%s"
            logger.error(message, entry.task.function, entry.task.pk, stack)
        return bool(self.overdue)

    def shut_down(self, threads: "list[threading.Thread]", grace: float) -> None:
        self.is_stopping = True
        logger.info("Stops when the running tasks have ended (%d).", len(self.running))
        self.offer(everyone=True)
        end = time.monotonic() + grace
        self.guard(lambda: renew_lease(self.name, max(self.lease, grace + self.lease / 3)))
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        if left := [entry.task.function for entry in self.running.values()]:
            logger.warning("These tasks did not end and run again elsewhere: %s", ", ".join(left))
        self.guard(lambda: release_worker(self.name, self.overdue))

    def guard(self, work: Callable[[], object]) -> bool:
        """Calls it once. False if the database failed; then this thread has a new connection."""
        try:
            work()
        except Error as error:
            failures.record_failure(DATABASE, str(error).strip())
            connection.close()
            time.sleep(RETRY_DATABASE)
            return False
        failures.record_success(DATABASE)
        return True

    def offer(self, *, everyone: bool = False) -> None:
        """Has one idle thread look for a task, which has another one look when it finds one."""
        with self.offer_changed:
            self.offered = True
            self.offer_changed.notify(self.thread_count if everyone else 1)

    def wait_for_offer(self) -> None:
        with self.offer_changed:
            self.idle += 1
            while not self.offered and not self.is_stopping:
                self.offer_changed.wait()
            self.offered = False
            self.idle -= 1

    def work(self) -> None:
        while not self.is_stopping:
            claimed: list[ClaimedTask | None] = []
            connection_health.prepare_connection()
            if not self.guard(lambda: claimed.append(claim_task(self.name))):  # noqa: B023 - called at once
                continue
            if task := claimed[0]:
                self.offer()
                self.run_task(task)
            connection_health.release_connection()
            if not task:
                self.wait_for_offer()
        connection.close()

    def repeat(self, loop: Loop, committed: threading.Event) -> None:
        while not self.is_stopping:
            seconds = [RETRY_DATABASE]
            self.guard(lambda: seconds.append(call_loop(loop)))  # noqa: B023 - called at once
            pause = min(seconds[-1], COMMIT_PAUSE[connection.vendor])
            time.sleep(pause)
            if connection.vendor == "sqlite":
                committed.wait(seconds[-1] - pause)
                committed.clear()
        connection.close()

    def run_task(self, task: ClaimedTask) -> None:
        ident = threading.get_ident()
        try:
            outcome: Callable[[], None] = partial(finish_task, task)
            try:
                function = load_task(task.function)
            except Exception as error:  # whatever its module raises
                outcome = partial(retry_or_fail_task, task, describe(error), MAX_UNKNOWN_TRIES, PAUSES)
            else:
                self.running[ident] = RunningTask(task, time.monotonic() + function.max_seconds)
                try:
                    call_task(function, task)
                except BaseException as error:
                    logger.exception("%s #%d failed, try %d", task.function, task.pk, task.failures)
                    outcome = partial(retry_or_fail_task, task, describe(error), function.max_tries, function.pauses)
            if connection.in_atomic_block:
                connection.close()  # the task left a transaction open: nothing of it is kept
            self.store(outcome, task)
        finally:
            self.running.pop(ident, None)

    def store(self, outcome: Callable[[], object], task: ClaimedTask) -> None:
        """A restart of the database takes seconds; after the lease the task belongs to others."""
        end = time.monotonic() + self.lease
        while not self.guard(outcome):
            if time.monotonic() > end:
                logger.error("The end of %s #%d could not be stored; it runs again.", task.function, task.pk)
                return


@dataclass(frozen=True, slots=True)
class RunningTask:
    task: ClaimedTask
    end: float  # monotonic: by then it must have ended


def call_loop(loop: Loop) -> float:
    """A bug in a loop must not end it, nor the worker."""
    name = f"The loop {loop.__qualname__}"
    try:
        seconds = loop()
    except Error:
        raise
    except Exception as error:
        failures.record_failure(name, error, exc_info=True)
        return LOOK_EVERY
    failures.record_success(name)
    return seconds


def load_task(path: str) -> DurableTask[..., object]:
    function = import_string(path)
    if not isinstance(function, DurableTask):
        raise TypeError(f"{path} is not a task.")
    return function


def call_task(function: DurableTask[..., object], task: ClaimedTask) -> None:
    translation.deactivate()
    args, kwargs = task.arguments["args"], task.arguments["kwargs"]
    if function.takes_context:
        args = [TaskContext(task_result=make_result(function, task)), *args]
    function.call(*args, **kwargs)


def make_result(function: DurableTask[..., object], task: ClaimedTask) -> TaskResult[object]:
    """For tasks with ``takes_context``. Its id is the same in all tries, so it can mark what was done."""
    return TaskResult(
        task=function,
        id=str(task.pk),
        status=TaskResultStatus.RUNNING,
        enqueued_at=None,
        started_at=None,
        finished_at=None,
        last_attempted_at=None,
        args=task.arguments["args"],
        kwargs=task.arguments["kwargs"],
        backend=function.backend,
        errors=[],
        worker_ids=[task.worker] * task.attempts,
    )


def describe(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))
