"""Groups of alerts of another program. The title, severity and state of a card follow its firing rows."""

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils.translation import gettext as _

from monitor.alerts import lifecycle, silences
from monitor.alerts.evaluation import Phase
from monitor.alerts.models import Alert, Instance, Severity

MAX_EXPIRED_GROUPS = 200  # groups that end within one second


def refresh_group(alert: Alert, now: datetime, *, is_new: bool = False) -> None:
    """Stores an alert after its rows changed, and updates its card. A silenced alert gets its card later."""
    rows = alert.instances.filter(ended_at=None)
    severity_before = Severity(alert.severity)
    describe_group(alert, rows)
    if is_new:
        alert.silenced_until = silences.alert_silenced_until(alert, now)
    lifecycle.update_alert_state(alert, rows.exists(), now)
    if is_new and alert.message_id is None:
        alert.save()
        if not alert.silenced_until:
            lifecycle.post_alert_card(alert)
        return
    lifecycle.save_alert(alert)
    if is_new:
        lifecycle.announce_reopened(alert, now)
    elif not alert.ended_at and Severity(alert.severity).rank > severity_before.rank:
        lifecycle.announce_severity(alert, now)


def describe_group(alert: Alert, rows: QuerySet[Instance]) -> None:
    """Sets the title and severity from the firing rows. An ended group keeps its last ones."""
    worst = {severity.value: Count("pk", filter=Q(severity=severity)) for severity in Severity}
    names = {"first_summary": Min("summary"), "last_summary": Max("summary")}
    names |= {"first_name": Min("alertname"), "last_name": Max("alertname")}
    facts = rows.aggregate(count=Count("pk"), **worst, **names)
    if not facts["count"]:
        return
    severities = [severity for severity in Severity if facts[severity.value]]
    alert.severity = str(severities[-1] if severities else Severity.WARNING)
    summary = facts["first_summary"] if facts["first_summary"] == facts["last_summary"] else ""
    name = facts["first_name"] if facts["first_name"] == facts["last_name"] else ""
    count = facts["count"] + alert.left_out
    alert.title = summary or choose_group_title(alert, rows, name, count) or alert.title


def choose_group_title(alert: Alert, rows: QuerySet[Instance], alertname: str, count: int) -> str:
    first = rows.order_by("fired_at", "pk").filter(severity=alert.severity).first() or rows[0]
    name = alertname or first.alertname
    subject = first.subject or (first.name if not name else "")
    if not subject or not name:
        name, subject = name or subject, ""
    texts = {"name": name[:60], "subject": subject[:40], "count": count - 1}
    if count > 1 and subject:
        return _("%(name)s: %(subject)s and %(count)d more") % texts
    if count > 1:
        return _("%(name)s and %(count)d more") % texts
    return f"{texts['name']}: {texts['subject']}" if subject else name


def end_expired_rows(now: datetime) -> None:
    """Ends rows whose announced end has passed without a new webhook."""
    t = int(now.timestamp())
    expired = Instance.objects.filter(ended_at=None, ends_at__lte=t).values_list("alert", flat=True)
    for number in list(expired.order_by().distinct()[:MAX_EXPIRED_GROUPS]):
        with transaction.atomic():
            alert = Alert.objects.select_for_update().filter(pk=number).first()
            rows = Instance.objects.filter(alert=number, ended_at=None, ends_at__lte=t)
            if rows.update(ended_at=t, phase=str(Phase.OK)) and alert and not alert.ended_at:
                refresh_group(alert, now)
