"""How long calls are kept."""

from datetime import datetime, timedelta

from monitor.oncall.models import Call

CALL_RETENTION = timedelta(days=400)


def delete_old_calls(now: datetime) -> None:
    Call.objects.filter(created_at__lt=now - CALL_RETENTION).delete()
