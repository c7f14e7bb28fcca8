"""The rows of the queue: who may take a task, when it runs again, and when it is set aside."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.db import connection, transaction
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.utils import timezone

from tasks import periodic, queue
from tasks.models import PeriodicRun, QueuedTask, State, Worker
from tasks.queue import claim_task, fail_task, finish_task, release_worker, renew_lease, rescue_tasks, retry_task
from tasks.worker import TaskWorker
from tests.support.background import fail, read_lines, write_line

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")


def elsewhere(call: Callable[[], T]) -> T:
    """On another connection."""

    def work() -> T:
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(work).result()


def claim(worker: str = "one") -> queue.ClaimedTask:
    renew_lease(worker, 60)
    task = claim_task(worker)
    assert task
    return task


def only() -> QueuedTask:
    return QueuedTask.objects.get()


def test_a_task_exists_only_if_its_transaction_commits() -> None:
    with transaction.atomic():
        write_line.enqueue("/tmp/x", "never")
        transaction.set_rollback(True)
    assert not QueuedTask.objects.exists()
    with transaction.atomic():
        result = write_line.enqueue("/tmp/x", "once")
        assert elsewhere(QueuedTask.objects.count) == 0
    assert (str(only().pk), only().function) == (result.id, "tests.support.background.write_line")


def test_of_a_key_one_task_waits_and_the_transaction_goes_on() -> None:
    first = write_line.using(key="room 5", run_after=timezone.now() + timedelta(hours=1)).enqueue("/tmp/x", "a")
    with transaction.atomic():
        sooner = write_line.using(key="room 5", priority=7).enqueue("/tmp/x", "b")
        Worker.objects.create(name="written after it", until=timezone.now())
    assert (sooner.id, only().arguments["args"][1], only().priority) == (first.id, "a", 7)
    assert only().run_at <= timezone.now()
    assert Worker.objects.exists()


def test_nobody_runs_the_task_of_a_key_before_the_newest_reason_for_it_is_committed() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("a transaction that writes has the database for itself")
    write_line.using(key="room 5").enqueue("/tmp/x", "a")
    renew_lease("one", 60)
    with transaction.atomic():
        write_line.using(key="room 5").enqueue("/tmp/x", "a")
        assert elsewhere(lambda: claim_task("one")) is None
    assert claim_task("one")


def test_a_task_with_a_key_may_be_added_while_one_runs_and_then_takes_over_its_retry() -> None:
    write_line.using(key="room 5").enqueue("/tmp/x", "running")
    running = claim()
    write_line.using(key="room 5").enqueue("/tmp/x", "newer")
    retry_task(running, "no answer", 10)
    assert (only().state, only().arguments["args"][1]) == (State.WAITING, "newer")


def test_urgent_tasks_come_first_and_those_for_later_do_not_come() -> None:
    write_line.using(run_after=timezone.now() + timedelta(hours=1), priority=100).enqueue("/tmp/x", "later")
    write_line.enqueue("/tmp/x", "second")
    write_line.using(priority=10).enqueue("/tmp/x", "first")
    assert [claim().arguments["args"][1] for _ in range(2)] == ["first", "second"]
    assert claim_task("one") is None


def test_two_workers_never_take_the_same_task() -> None:
    for number in range(40):
        write_line.enqueue("/tmp/x", str(number))

    def take(name: str) -> list[int]:
        return [claim(name).pk for _ in range(10)]

    renew_lease("0", 60)
    with ThreadPoolExecutor(4) as threads:
        futures = [threads.submit(elsewhere, lambda name=str(number): take(name)) for number in range(4)]
        taken = [pk for future in futures for pk in future.result()]
    assert len(taken) == len(set(taken)) == 40


def test_a_task_that_fails_runs_again_after_its_own_pauses_and_is_then_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    fail.enqueue(str(path), "tried")
    worker = TaskWorker()
    pauses = []
    for _ in range(2):
        worker.run_task(claim())
        row = only()
        assert row.state == State.WAITING
        pauses.append(round((row.run_at - (row.ended_at or row.run_at)).total_seconds(), 1))
        QueuedTask.objects.update(run_at=timezone.now() - timedelta(seconds=1))
    worker.run_task(claim())
    assert pauses == [1.0, 2.0]
    assert (only().state, only().attempts, read_lines(path)["tried"]) == (State.FAILED, 3, 3)
    assert "ValueError: no such mailbox" in only().error
    assert claim_task("one") is None


def test_a_task_that_succeeds_leaves_nothing(tmp_path: Path) -> None:
    write_line.enqueue(str(tmp_path / "lines"), "done")
    TaskWorker().run_task(claim())
    assert not QueuedTask.objects.exists()
    assert read_lines(tmp_path / "lines") == {"done": 1}


def test_a_function_that_this_release_lacks_waits_for_a_newer_worker() -> None:
    queue.insert_task("chat.not_yet.send", '{"args": [], "kwargs": {}}', key=None, priority=0, run_at=None)
    TaskWorker().run_task(claim())
    assert (only().state, "No module named" in only().error) == (State.WAITING, True)


def test_only_a_task_can_be_called_by_its_name() -> None:
    queue.insert_task("os.system", '{"args": ["false"], "kwargs": {}}', key=None, priority=0, run_at=None)
    TaskWorker().run_task(claim())
    assert "os.system is not a task" in only().error


def test_a_worker_without_a_lease_gets_no_task() -> None:
    write_line.enqueue("/tmp/x", "a")
    assert claim_task("unknown") is None
    renew_lease("late", -1)
    assert claim_task("late") is None


def test_the_tasks_of_a_dead_worker_run_again_one_after_the_other() -> None:
    for name in "ab":
        write_line.enqueue("/tmp/x", name)
    lost = [claim("dead"), claim("dead")]
    assert rescue_tasks() == []
    renew_lease("dead", -1)
    assert [task.pk for task in rescue_tasks()] == [task.pk for task in lost]
    first, second = QueuedTask.objects.order_by("pk")
    assert (first.state, first.crashes) == (second.state, second.crashes) == (State.WAITING, 1)
    assert second.run_at - first.run_at > timedelta(seconds=1)


@pytest.mark.parametrize("end", [finish_task, lambda task: retry_task(task, "", 0), lambda task: fail_task(task, "")])
def test_a_worker_that_has_lost_its_lease_changes_nothing(end: Callable[[Any], None]) -> None:
    write_line.enqueue("/tmp/x", "a")
    lost = claim("slow")
    renew_lease("slow", -1)
    rescue_tasks()
    again = claim("quick")
    end(lost)
    assert (only().state, only().worker, again.failures) == (State.RUNNING, "quick", 1)


def test_a_task_that_killed_three_workers_is_set_aside() -> None:
    write_line.enqueue("/tmp/x", "a")
    for name in ("first", "second", "third"):
        claim(name)
        renew_lease(name, -1)
        rescue_tasks()
    assert (only().state, only().crashes, only().error) == (State.FAILED, 3, "The worker third died.")


def test_a_task_that_waits_again_is_due_in_the_same_millisecond() -> None:
    write_line.enqueue("/tmp/x", "a")
    now = RawSQL(queue.NOW[connection.vendor], [])
    for put_back_at in (Now(), Now() + timedelta(0)):  # in one statement it is one moment
        assert QueuedTask.objects.annotate(now=now).filter(now__gte=put_back_at).exists()


def test_a_worker_that_stops_gives_its_tasks_back_and_they_count_no_try() -> None:
    write_line.enqueue("/tmp/x", "a")
    claim("leaving")
    release_worker("leaving")
    assert (only().state, only().attempts, only().crashes) == (State.WAITING, 0, 0)
    assert claim("next").attempts == 1


@pytest.mark.parametrize("line", ["x" * 70_000, "\0", float("nan")])
def test_arguments_that_cannot_be_stored_are_refused(line: Any) -> None:
    with pytest.raises(ValueError, match=r"arguments of a task|JSON"):
        write_line.enqueue("/tmp/x", line)


def test_a_periodic_task_is_enqueued_once_for_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "_schedules", {})
    periodic.periodic("*/5 * * * *")(write_line)
    noon = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
    assert periodic.enqueue_periodic_tasks(noon + timedelta(seconds=1)) == noon + timedelta(minutes=5)
    assert not QueuedTask.objects.exists()  # its first time is the next one
    later = noon + timedelta(minutes=17)  # no worker ran at 12:05 and 12:10
    with ThreadPoolExecutor(4) as threads:
        for future in [threads.submit(elsewhere, lambda: periodic.enqueue_periodic_tasks(later)) for _ in range(8)]:
            future.result()
    assert (only().key, PeriodicRun.objects.get().slot) == (f"periodic {only().function}", noon + timedelta(minutes=15))
