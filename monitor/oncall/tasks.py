"""Background tasks of on call."""

from datetime import timedelta

from django.utils import timezone

from monitor.oncall import announcements, delivery
from monitor.oncall.models import Call
from tasks.backend import task
from tasks.periodic import periodic

CALL_RETENTION = timedelta(days=400)


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
    Call.objects.filter(created_at__lt=timezone.now() - CALL_RETENTION).delete()
