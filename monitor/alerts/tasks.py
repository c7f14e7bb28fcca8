"""Background tasks of alerts."""

from datetime import timedelta

from django.utils import timezone

from monitor.alerts import drills
from tasks.backend import task

REPORT_AFTER = timedelta(seconds=20)
LOOK_AGAIN = timedelta(seconds=10)


@task()
def report_drill(alert_id: int) -> None:
    now = timezone.now()
    if not drills.end_drill(alert_id, now):
        report_drill.using(run_after=now + LOOK_AGAIN).enqueue(alert_id)
