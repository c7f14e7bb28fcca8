"""What happens to a row of the queue: enqueue, claim, finish, retry, rescue.

The SQL is written by hand: a claim must be one statement that also returns the row, which the ORM cannot express.
Times that are compared come from the clock of the database, since workers and pages run on several machines.
"""

import json
import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from tasks.models import QueuedTask, State, Worker
from tasks.retries import CRASH_PAUSE, MAX_CRASHES, choose_pause

CHANNEL = "myweb_tasks"  # of LISTEN and NOTIFY
MAX_ERROR = 8_000  # characters of a traceback, its end
FORGET_WORKERS = timedelta(days=1)

TABLE = QueuedTask._meta.db_table
COLUMNS = "id, function, arguments, key, attempts, crashes"
# SQLite compares times as text: with six digits, as Django writes them, or a time of this millisecond would be later.
NOW = {"postgresql": "clock_timestamp()", "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now') || '000'"}

# The row that already waits is locked until this transaction ends: no worker takes it before it sees our changes.
INSERT = f"""
    insert into {TABLE} (function, arguments, key, priority, state, enqueued_at, run_at,
        attempts, crashes, worker, error)
    values (%s, %s, %s, %s, 'waiting', {{now}}, coalesce(%s, {{now}}), 0, 0, '', '')
    on conflict (key) where state = 'waiting' do update set
        priority = case when excluded.priority > {TABLE}.priority then excluded.priority else {TABLE}.priority end,
        run_at = case when excluded.run_at < {TABLE}.run_at then excluded.run_at else {TABLE}.run_at end
    returning id
"""
NOTIFY = f"with added as ({{insert}}) select id, pg_notify('{CHANNEL}', '') from added"
CLAIM = f"""
    update {TABLE} set state = 'running', attempts = attempts + 1, worker = %s
    where id = (
        select id from {TABLE} where state = 'waiting' and run_at <= {{now}}
        order by priority desc, run_at, id limit 1 {{lock}}
    ) and exists (select 1 from {Worker._meta.db_table} where name = %s and until > {{now}})
    returning {COLUMNS}{{unsynced}}
"""
# The claim need not reach the disk before the task runs: if PostgreSQL loses it, the task waits again.
UNSYNCED = ", set_config('synchronous_commit', 'off', true)"
FINISH = f"""
    delete from {TABLE} where id = %s and state = 'running' and worker = %s and attempts = %s and crashes = %s
"""
UNTIL_DUE = {
    "postgresql": f"select extract(epoch from min(run_at) - clock_timestamp()) from {TABLE} where state = 'waiting'",
    "sqlite": f"select (julianday(min(run_at)) - julianday('now')) * 86400 from {TABLE} where state = 'waiting'",
}


@dataclass(frozen=True, slots=True)
class ClaimedTask:
    pk: int
    function: str
    arguments: Any
    key: str | None
    attempts: int
    crashes: int
    worker: str

    @property
    def failures(self) -> int:
        """Of the attempts, counting the running one."""
        return self.attempts - self.crashes


def insert_task(function: str, arguments: str, *, key: str | None, priority: int, run_at: datetime | None) -> int:
    """The id of the task, or of the one with the same key that waits. ``arguments`` is JSON."""
    is_postgresql = connection.vendor == "postgresql"
    insert = INSERT.format(now=NOW[connection.vendor])
    due = connection.ops.adapt_datetimefield_value(run_at) if run_at else None
    with connection.cursor() as cursor:
        statement = NOTIFY.format(insert=insert) if is_postgresql else insert
        cursor.execute(statement, [function, arguments, key, priority, due])
        return int(cursor.fetchall()[0][0])  # all: SQLite commits with the last row


def claim_task(worker: str) -> ClaimedTask | None:
    """The most urgent due task, for a worker whose lease has not expired."""
    is_postgresql = connection.vendor == "postgresql"
    if not is_postgresql and count_seconds_until_due() > 0:  # on SQLite a claim takes the lock of all writers
        return None
    lock, unsynced = ("for update skip locked", UNSYNCED) if is_postgresql else ("", "")
    claim = CLAIM.format(now=NOW[connection.vendor], lock=lock, unsynced=unsynced)
    with connection.cursor() as cursor:
        cursor.execute(claim, [worker, worker])
        rows = cursor.fetchall()
    if not rows:
        return None
    pk, function, arguments, key, attempts, crashes = rows[0][:6]
    return ClaimedTask(pk, function, json.loads(arguments), key, attempts, crashes, worker)


def count_seconds_until_due() -> float:
    """Until the next task is due, by the clock of the database. Negative if one waits already."""
    with connection.cursor() as cursor:
        cursor.execute(UNTIL_DUE[connection.vendor])
        (seconds,) = cursor.fetchone()
    return math.inf if seconds is None else float(seconds)


def finish_task(task: ClaimedTask) -> None:
    """The task has succeeded. Does nothing if its worker has lost it to another one."""
    with connection.cursor() as cursor:
        cursor.execute(FINISH, [task.pk, task.worker, task.attempts, task.crashes])


def retry_or_fail_task(task: ClaimedTask, error: str, max_tries: int, pauses: tuple[float, ...]) -> None:
    pause = choose_pause(task.failures, max_tries, pauses)
    if pause is None:
        fail_task(task, error)
    else:
        retry_task(task, error, pause)


def retry_task(task: ClaimedTask, error: str, pause: float) -> None:
    put_back(find_attempt(task), task.key, run_at=Now() + timedelta(seconds=pause), ended_at=Now(), error=clean(error))


def fail_task(task: ClaimedTask, error: str) -> None:
    """Sets it aside: it runs again only when an admin says so."""
    find_attempt(task).update(state=State.FAILED, worker="", ended_at=Now(), error=clean(error))


def find_attempt(task: ClaimedTask) -> QuerySet[QueuedTask]:
    """Nothing if its worker has lost its lease and another one has taken the task."""
    return QueuedTask.objects.filter(
        pk=task.pk, state=State.RUNNING, worker=task.worker, attempts=task.attempts, crashes=task.crashes
    )


def put_back(tasks: QuerySet[QueuedTask], key: str | None, **changes: Any) -> None:
    """One task waits again. If another of its key waits by now, that one does its work.

    Raises :class:`IntegrityError` if another of its key is enqueued at the same moment; call it again then.
    """
    with transaction.atomic():
        if key and QueuedTask.objects.filter(key=key, state=State.WAITING).exists():
            tasks.delete()
        elif tasks.update(state=State.WAITING, worker="", **changes):
            notify_workers()


def notify_workers() -> None:
    """At the end of the transaction. On SQLite workers see every commit."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("select pg_notify(%s, '')", [CHANNEL])


def renew_lease(worker: str, lease: float) -> None:
    until = Now() + timedelta(seconds=lease)
    if not Worker.objects.filter(name=worker).update(until=until):
        Worker.objects.create(name=worker, until=until)


def release_worker(worker: str, crashed: Collection[int] = ()) -> None:
    """A worker stops. Its running tasks wait again at once, but for those that it stops for."""
    for row in QueuedTask.objects.filter(state=State.RUNNING, worker=worker).exclude(pk__in=crashed):
        mine = QueuedTask.objects.filter(pk=row.pk, state=State.RUNNING, worker=worker)
        put_back(mine, row.key, run_at=Now(), attempts=F("attempts") - 1)
    Worker.objects.filter(name=worker).delete()


def rescue_tasks() -> list[QueuedTask]:
    """Takes the running tasks of dead workers: they wait again, or are set aside. The tasks as they were."""
    live = Worker.objects.filter(until__gt=Now()).values("name")
    lost = list(QueuedTask.objects.filter(state=State.RUNNING).exclude(worker__in=live).order_by("pk"))
    positions: Counter[str] = Counter()
    for task in lost:
        attempt = QueuedTask.objects.filter(
            pk=task.pk, state=State.RUNNING, worker=task.worker, attempts=task.attempts, crashes=task.crashes
        )
        changes = {"crashes": F("crashes") + 1, "ended_at": Now(), "error": f"The worker {task.worker} died."}
        if task.crashes + 1 >= MAX_CRASHES:
            attempt.update(state=State.FAILED, worker="", **changes)
        else:
            put_back(attempt, task.key, run_at=Now() + CRASH_PAUSE * positions[task.worker], **changes)
            positions[task.worker] += 1
    forgotten = Worker.objects.filter(until__lt=Now() - FORGET_WORKERS)
    if forgotten.exists():  # on SQLite each delete takes the lock of all writers
        forgotten.delete()
    return lost


def clean(error: str) -> str:
    return error.replace("\0", "")[-MAX_ERROR:]
