"""The periodic task of the queue itself: it deletes failed tasks. ``queue.py`` deletes a finished one at once."""

from datetime import timedelta

from django.db.models.functions import Now

from tasks.backend import task
from tasks.models import QueuedTask, State
from tasks.periodic import periodic

FAILED_FOR = timedelta(days=90)
MAX_FAILED = 10_000


@periodic("17 3 * * *")
@task()
def delete_old_failures() -> None:
    failed = QueuedTask.objects.filter(state=State.FAILED)
    failed.filter(ended_at__lt=Now() - FAILED_FOR).delete()
    oldest_kept = failed.order_by("-ended_at").values_list("ended_at", flat=True)[MAX_FAILED : MAX_FAILED + 1].first()
    if oldest_kept:
        failed.filter(ended_at__lte=oldest_kept).delete()
