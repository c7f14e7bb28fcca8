"""Alerts on the time axis of dashboards."""

from datetime import datetime

from accounts.models import User
from monitor.alerts.access import alerts_of
from monitor.alerts.models import Alert
from monitor.dashboards.automatic import Dashboard
from monitor.dashboards.marks import MOST
from monitor.dashboards.protocol import Mark
from monitor.metrics.name_patterns import matches_any_pattern


def find_alert_marks(user: User, dashboard: Dashboard, start: datetime, end: datetime) -> list[Mark]:
    """The alerts of what the dashboard shows, where they began, and those that came from outside."""
    alerts = alerts_of(user).filter(began_at__range=(start, end)).select_related("rule", "message")
    found = [each for each in alerts if concerns(each, dashboard)]
    return [
        Mark(
            int(each.began_at.timestamp()),
            "alert",
            "",
            each.title,
            each.room_id,
            each.message.seq if each.message else None,
            each.severity,
        )
        for each in found[:MOST]
    ]


def concerns(alert: Alert, dashboard: Dashboard) -> bool:
    return alert.rule is None or any(matches_any_pattern(source, alert.rule.source) for source in dashboard.sources)
