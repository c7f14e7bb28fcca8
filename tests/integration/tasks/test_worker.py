"""The worker as a process: killed, stopped, beside a broken database, and idle."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from tasks import worker as workers
from tasks.models import QueuedTask, State, Worker
from tasks.tasks import delete_old_failures
from tasks.worker import TaskWorker
from tests.support.background import (
    WorkerProcess,
    hang,
    kill_own_worker,
    read_lines,
    wait_for,
    wait_for_file,
    worker,
    write_line,
)

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def working(**options: float) -> Iterator[TaskWorker]:
    """A worker in threads of this process."""
    task_worker = TaskWorker(threads=2, **options)  # type: ignore[arg-type]

    def work() -> None:
        try:
            task_worker.run(grace=5)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield task_worker
    finally:
        task_worker.stop()
        thread.join(30)
        assert not thread.is_alive()


def is_queue_empty() -> bool:
    return not QueuedTask.objects.filter(state__in=[State.WAITING, State.RUNNING]).exists()


@pytest.mark.parametrize("threads", [1, 4])
def test_kill_9_in_the_middle_of_1000_tasks_loses_none_and_repeats_only_those_that_ran(
    tmp_path: Path, threads: int
) -> None:
    path, log = tmp_path / "lines", tmp_path / "log"
    with transaction.atomic():
        for number in range(1_000):
            write_line.enqueue(str(path), f"task {number}")
    options = ("--threads", str(threads), "--lease", "3")
    with worker(log, *options) as process:
        wait_for(lambda: len(read_lines(path)) >= 300, log)
        process.kill()
    running = {row.arguments["args"][1] for row in QueuedTask.objects.filter(state=State.RUNNING)}
    assert len(read_lines(path)) < 1_000
    assert len(running) <= threads
    with worker(log, *options):
        wait_for(is_queue_empty, log)
    lines = read_lines(path)
    assert set(lines) == {f"task {number}" for number in range(1_000)}
    assert {line for line, count in lines.items() if count > 1} <= running
    assert max(lines.values()) <= 2
    assert "Traceback" not in log.read_text()


def test_a_task_that_kills_its_worker_three_times_is_set_aside_and_the_others_run(tmp_path: Path) -> None:
    path, log = tmp_path / "lines", tmp_path / "log"
    kill_own_worker.enqueue(str(path), "poison")
    for number in range(20):
        write_line.enqueue(str(path), f"task {number}")
    process = WorkerProcess(log, "--threads", "2", "--lease", "3")

    def is_over() -> bool:
        nonlocal process
        if process.process.poll() is not None:  # as systemd does
            process = WorkerProcess(log, "--threads", "2", "--lease", "3")
        return is_queue_empty()

    try:
        wait_for(is_over, log)
    finally:
        process.kill()
    poison = QueuedTask.objects.get()
    assert (poison.state, poison.crashes) == (State.FAILED, 3)
    lines = read_lines(path)
    assert lines.pop("poison") == 3
    assert set(lines) == {f"task {number}" for number in range(20)}


def test_a_worker_that_is_told_to_stop_ends_what_it_runs_and_takes_nothing_new(tmp_path: Path) -> None:
    path, log = tmp_path / "lines", tmp_path / "log"
    wait_for_file.enqueue(str(path), "slow")
    with worker(log, "--threads", "1") as process:
        wait_for(lambda: "slow" in read_lines(path), log)
        write_line.enqueue(str(path), "next")
        process.process.terminate()
        wait_for(lambda: "Stops when the running tasks have ended (1)." in log.read_text(), log)
        (tmp_path / "slow").touch()
        assert process.process.wait(30) == 0
    assert read_lines(path) == {"slow": 1, "slow ended": 1}
    assert [row.state for row in QueuedTask.objects.all()] == [State.WAITING]
    assert not Worker.objects.exists()


def test_a_worker_whose_parent_has_ended_ends_at_once() -> None:
    TaskWorker(threads=3, parent=-1).run(grace=60)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("task-")]


def test_a_task_that_does_not_end_before_the_grace_period_runs_again_at_once(tmp_path: Path) -> None:
    path, log = tmp_path / "lines", tmp_path / "log"
    wait_for_file.enqueue(str(path), "slow")
    with worker(log, "--grace", "0.2") as process:
        wait_for(lambda: "slow" in read_lines(path), log)
        assert process.stop() == 0
    row = QueuedTask.objects.get()
    assert (row.state, row.crashes, row.run_at <= timezone.now()) == (State.WAITING, 0, True)


def test_a_task_that_hangs_ends_its_worker_and_counts_as_a_crash(tmp_path: Path) -> None:
    path, log = tmp_path / "lines", tmp_path / "log"
    hang.enqueue(str(path), "hung")
    wait_for_file.enqueue(str(path), "innocent")
    with worker(log) as process:
        assert process.process.wait(60) == 1
    assert "tests/support/background.py" in log.read_text()  # where it was
    (tmp_path / "innocent").touch()
    with worker(log):
        wait_for(lambda: read_lines(path)["innocent ended"] == 1, log)
        wait_for(lambda: QueuedTask.objects.filter(crashes=1).exists(), log)
    assert QueuedTask.objects.get().function.endswith("hang")


def test_a_worker_lives_through_a_database_that_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lines"
    monkeypatch.setattr(workers, "RETRY_DATABASE", 0.05)
    with short_timeout(), working(lease=3.0):
        write_line.enqueue(str(path), "before")
        wait_for(lambda: is_queue_empty() and bool(read_lines(path)))
        with database_away():
            wait_for(lambda: workers.DATABASE in workers.failures.failing)
        write_line.enqueue(str(path), "after")
        wait_for(is_queue_empty)
    assert read_lines(path) == {"before": 1, "after": 1}


def test_the_end_of_a_task_is_stored_when_the_database_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lines"
    monkeypatch.setattr(workers, "RETRY_DATABASE", 0.05)
    with short_timeout(), working(lease=30.0):
        wait_for_file.enqueue(str(path), "slow")
        wait_for(lambda: bool(read_lines(path)))
        with database_away():
            (tmp_path / "slow").touch()
            wait_for(lambda: "slow ended" in read_lines(path) and workers.DATABASE in workers.failures.failing)
        wait_for(is_queue_empty)
    assert read_lines(path) == {"slow": 1, "slow ended": 1}


@contextmanager
def short_timeout() -> Iterator[None]:
    """New connections to SQLite wait that long for a lock, in place of 20 s."""
    options = connections["default"].settings_dict["OPTIONS"]
    before = options.get("timeout")
    if connection.vendor == "sqlite":
        options["timeout"] = 0.1
    yield
    if connection.vendor == "sqlite":
        options["timeout"] = before


@contextmanager
def database_away() -> Iterator[None]:
    """SQLite is locked for writing; PostgreSQL has ended all connections and takes none."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        lock = sqlite3.connect(name, isolation_level=None)
        lock.execute("begin immediate")
        yield
        lock.execute("rollback")
        lock.close()
        return
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'alter database "{name}" allow_connections false')
        cursor.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
        try:
            yield
        finally:
            cursor.execute(f'alter database "{name}" allow_connections true')
    connection.close()


def test_a_loop_that_fails_is_called_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[float] = []

    def loop() -> float:
        calls.append(time.monotonic())
        if len(calls) == 1:
            raise ValueError("a bug")
        return 0.01

    monkeypatch.setattr(workers, "make_worker_loops", lambda: [loop])
    monkeypatch.setattr(workers, "LOOK_EVERY", 0.05)
    with working():
        wait_for(lambda: len(calls) >= 3)


def test_a_commit_wakes_a_loop_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[float] = []

    def loop() -> float:
        calls.append(time.monotonic())
        return 3600.0

    monkeypatch.setattr(workers, "make_worker_loops", lambda: [loop])
    with working():
        wait_for(lambda: len(calls) >= 1)
        called = len(calls)
        delete_old_failures.enqueue()
        wait_for(lambda: len(calls) > called)
