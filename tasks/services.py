"""What admins do with tasks that were set aside."""

from django.db import IntegrityError
from django.db.models.functions import Now

from tasks.models import QueuedTask, State
from tasks.queue import put_back


def retry_failed_task(task: QueuedTask) -> None:
    """It has all its tries again."""
    failed = QueuedTask.objects.filter(pk=task.pk, state=State.FAILED)
    try:
        put_back(failed, task.key, run_at=Now(), attempts=0, crashes=0)
    except IntegrityError:  # another of its key was enqueued at the same moment
        put_back(failed, task.key, run_at=Now(), attempts=0, crashes=0)


def discard_failed_task(task: QueuedTask) -> None:
    QueuedTask.objects.filter(pk=task.pk, state=State.FAILED).delete()
