"""What the queue holds, for the page, the dashboards and the doctor."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django.db.models.functions import Now

from tasks.models import QueuedTask, State, Worker
from tasks.queue import count_seconds_until_due


@dataclass(frozen=True, slots=True)
class QueueStatus:
    waiting: int  # with those for later
    running: int
    failed: int
    oldest_seconds: float  # since the oldest waiting task was due; 0 if none is
    workers: int


def read_queue_status() -> QueueStatus:
    counts = QueuedTask.objects.aggregate(
        waiting=Count("pk", filter=Q(state=State.WAITING)),
        running=Count("pk", filter=Q(state=State.RUNNING)),
        failed=Count("pk", filter=Q(state=State.FAILED)),
    )
    workers = Worker.objects.filter(until__gt=Now()).count()
    return QueueStatus(**counts, oldest_seconds=max(0.0, -count_seconds_until_due()), workers=workers)
