"""The worker beside a database that is killed. No task is lost, and the worker needs no restart."""

from django.db import connection, transaction

from deploy.stack.process import wait_until
from tasks.models import QueuedTask, State, Worker
from tasks.tasks import delete_old_failures
from tests.faults.stack import folder, run_stack

TASKS = 2_000


def read_worker() -> str:
    """The name of the live one; those that another test has killed are listed beside it."""
    pid = (folder() / "run" / "worker.pid").read_text().split()[0]
    live = Worker.objects.filter(name__contains=f":{pid}:")
    assert wait_until(live.exists, 30), "it begins with its lease"
    return live.get().name


def test_the_worker_goes_on_after_a_database_that_was_killed_under_2000_tasks() -> None:
    before = read_worker()
    with transaction.atomic():
        for _ in range(TASKS):
            delete_old_failures.enqueue()
    assert wait_until(lambda: 0 < QueuedTask.objects.count() < TASKS - 100, 30)
    run_stack("kill", "postgres")
    connection.close()
    run_stack("start", "postgres")
    assert QueuedTask.objects.exists(), "killed in the middle"
    assert wait_until(lambda: not QueuedTask.objects.exclude(state=State.FAILED).exists(), 90)
    assert not QueuedTask.objects.exists()
    assert read_worker() == before
