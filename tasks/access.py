"""Access checks of background tasks: only admins see them."""

from django.db.models import QuerySet

from accounts.access import check_admin
from accounts.models import User
from myweb.errors import NotFound
from tasks.models import QueuedTask, State


def list_failed_tasks(by: User) -> QuerySet[QueuedTask]:
    check_admin(by)
    return QueuedTask.objects.filter(state=State.FAILED).order_by("-ended_at", "-pk")


def list_unfinished_tasks(by: User) -> QuerySet[QueuedTask]:
    """Running ones first, then in the order in which they are due."""
    check_admin(by)
    return QueuedTask.objects.exclude(state=State.FAILED).order_by("state", "run_at", "pk")


def get_failed_task(by: User, task_id: int) -> QueuedTask:
    """Of two admins who press a button the second gets :class:`NotFound`."""
    task = list_failed_tasks(by).filter(pk=task_id).first()
    if task is None:
        raise NotFound
    return task
