"""How long the changes of checks and the runs of probes and commands are kept."""

from datetime import timedelta

from django.utils import timezone

from monitor.checks.models import CheckChange, ProbeRun

HISTORY_RETENTION = timedelta(days=365)


def delete_old_history() -> None:
    oldest = timezone.now() - HISTORY_RETENTION
    CheckChange.objects.filter(at__lt=oldest).delete()
    ProbeRun.objects.filter(queued_at__lt=oldest).delete()
