"""Alert marks on the time axis of dashboards."""

from datetime import datetime

from accounts.models import User
from monitor.alerts.access import alerts_of
from monitor.alerts.models import Alert
from monitor.dashboards.automatic import DashboardView
from monitor.dashboards.marks import MAX_MARKS
from monitor.dashboards.protocol import Mark
from monitor.metrics.name_patterns import matches_any_pattern


def find_alert_marks(user: User, dashboard: DashboardView, start: datetime, end: datetime) -> list[Mark]:
    """Returns the starts of alerts of the shown sources, and of alerts from integrations."""
    alerts = alerts_of(user).filter(began_at__range=(start, end)).select_related("rule", "message")
    shown_alerts = [alert for alert in alerts if belongs_on_dashboard(alert, dashboard)]
    return [
        Mark(
            int(alert.began_at.timestamp()),
            "alert",
            "",
            alert.title,
            alert.room_id,
            alert.message.seq if alert.message else None,
            alert.severity,
        )
        for alert in shown_alerts[:MAX_MARKS]
    ]


def belongs_on_dashboard(alert: Alert, dashboard: DashboardView) -> bool:
    return alert.rule is None or any(matches_any_pattern(source, alert.rule.source) for source in dashboard.sources)
