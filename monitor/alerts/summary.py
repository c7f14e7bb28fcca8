"""The section of the daily mail about alerts in the rooms of its reader."""

from datetime import datetime

from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.mail import MailItem, MailSection
from accounts.models import User
from monitor.alerts.access import alerts_of
from monitor.alerts.models import Alert
from myweb.formats import format_duration

MAX_ALERTS = 10


def make_alert_section(user: User, since: datetime) -> MailSection | None:
    """Open alerts, and those that began or ended since then."""
    recent = alerts_of(user).filter(Q(ended_at=None) | Q(began_at__gte=since) | Q(ended_at__gte=since))
    alerts = list(recent.order_by(F("ended_at").desc(nulls_first=True), "-began_at")[: MAX_ALERTS + 1])
    if not alerts:
        return None
    return MailSection(
        _("Alerts since yesterday"),
        reverse("alerts"),
        tuple(MailItem(describe_alert(alert)) for alert in alerts[:MAX_ALERTS]),
        more=_("And more.") if len(alerts) > MAX_ALERTS else "",
    )


def describe_alert(alert: Alert) -> str:
    seconds = ((alert.ended_at or timezone.now()) - alert.began_at).total_seconds()
    text = _("%(alert)s, over after %(time)s") if alert.ended_at else _("%(alert)s, open for %(time)s")
    return text % {"alert": alert.title, "time": format_duration(max(0.0, seconds))}
