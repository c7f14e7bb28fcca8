"""How long ended alerts are kept."""

from datetime import datetime, timedelta

from monitor.alerts.models import Alert

ALERT_RETENTION = timedelta(days=400)  # after their end


def delete_old_alerts(now: datetime) -> None:
    Alert.objects.filter(ended_at__lt=now - ALERT_RETENTION).delete()
