"""Background tasks of alerts."""

from django.utils import timezone

from monitor.alerts import drills
from tasks.backend import task


@task()
def report_drill(alert_id: int) -> None:
    now = timezone.now()
    if not drills.end_drill(alert_id, now):
        report_drill.using(run_after=now + drills.REPORT_AGAIN).enqueue(alert_id)
