"""Background tasks of on call."""

from django.utils import timezone

from monitor.oncall import announcements, delivery
from monitor.oncall.retention import delete_old_calls
from tasks.backend import task
from tasks.periodic import periodic


class CallFailed(Exception):
    """The message is the reason. The task is tried again."""


@task(max_tries=5, pauses=(10, 30, 120, 300), max_seconds=120, priority=10)
def make_attempt(call_id: int, method: str) -> None:
    if problem := delivery.send_attempt(call_id, method, timezone.now()):
        raise CallFailed(problem)


@periodic("* * * * *")
@task(max_tries=1)
def announce_shifts() -> None:
    announcements.announce_due_shifts(timezone.now())


@periodic("17 4 * * *")
@task()
def remove_old_calls() -> None:
    delete_old_calls(timezone.now())
