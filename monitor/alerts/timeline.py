"""What happened to an alert, and how it was the last times."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from monitor.alerts.evaluation import AlertState, Phase
from monitor.alerts.models import Alert, AlertEvent
from monitor.metrics.ingest.names import shorten_series_name
from myweb.times import to_datetime

MAX_EVENTS = 50  # on a page
MAX_SERIES = 12  # series of an alert whose start and end are on a page
MAX_EARLIER = 500  # earlier alerts that are counted
COUNTED_FOR = timedelta(days=30)
ESCALATED, UNREACHED = "escalated", "unreached"

TONES: dict[str, str] = {
    AlertState.FIRING: "bad",
    AlertState.ACKNOWLEDGED: "warn",
    AlertState.RESOLVED: "good",
    ESCALATED: "bad",
    UNREACHED: "bad",
}


class TimelineEntry(NamedTuple):
    at: datetime
    text: str
    tone: str = ""  # bad, warn, good or empty
    words: str = ""
    until: datetime | None = None


class EarlierAlerts(NamedTuple):
    last: Alert
    lasted: int  # seconds, of the last one
    number: int  # in the last 30 days
    typical: int  # seconds: the median of how long they lasted


def record_event(alert: Alert, now: datetime, before: str, by: User | None) -> None:
    """Records that the state of ``alert`` has changed. An alert that is not stored yet has only its start."""
    if alert.pk is None:
        return
    until = {AlertState.ACKNOWLEDGED: alert.acked_until, AlertState.SILENCED: alert.silenced_until}
    words = {
        AlertState.ACKNOWLEDGED: alert.acked_words,
        AlertState.SILENCED: alert.acked_words if by else "",
        AlertState.HELD: alert.behind,
    }
    state = AlertState(alert.state)
    AlertEvent.objects.create(
        alert=alert, at=now, before=before, state=state, by=by, until=until.get(state), words=words.get(state, "")
    )


def record_escalation(alert: Alert, now: datetime, names: str) -> None:
    AlertEvent.objects.create(alert=alert, at=now, before=alert.state, state=ESCALATED, words=names[:300])


def record_unreached(alert: Alert, now: datetime, reason: str) -> None:
    AlertEvent.objects.create(alert=alert, at=now, before=alert.state, state=UNREACHED, words=reason[:300])


def build_timeline(alert: Alert, user: User) -> list[TimelineEntry]:
    """Returns the newest entries first. Only admins see the names of notification channels."""
    events = alert.events.select_related("by").order_by("-at", "-pk")[:MAX_EVENTS]
    entries = [describe_event(event) for event in events]
    entries.append(TimelineEntry(alert.began_at, _("Fired"), "bad"))
    entries += list_series_entries(alert)
    entries += list_notice_entries(alert, user)
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:MAX_EVENTS]


def describe_event(event: AlertEvent) -> TimelineEntry:
    name = event.by.name if event.by else ""
    words = event.words if event.state in {AlertState.ACKNOWLEDGED, AlertState.SILENCED} else ""
    text = describe_change(event, name) % {"name": name, "words": event.words}
    return TimelineEntry(event.at, text, TONES.get(event.state, ""), words, event.until)


def describe_change(event: AlertEvent, name: str) -> str:
    """Returns a text with places for ``name`` and ``words``."""
    if event.state == AlertState.FIRING:
        return {
            AlertState.ACKNOWLEDGED: _("%(name)s unacknowledged it") if name else _("The acknowledgement expired"),
            AlertState.SILENCED: _("%(name)s ended the silence") if name else _("The silence ended"),
            AlertState.HELD: _("No longer suppressed"),
        }.get(AlertState(event.before), _("Fired again"))
    return {
        AlertState.ACKNOWLEDGED: _("%(name)s acknowledged it") if name else _("Acknowledged"),
        AlertState.SILENCED: _("%(name)s silenced it") if name else _("Silenced"),
        AlertState.HELD: _("Suppressed by “%(words)s”"),
        AlertState.RESOLVED: _("%(name)s closed it") if name else _("Recovered"),
        ESCALATED: _("Escalated to %(words)s"),
        UNREACHED: _("A step reached nobody: %(words)s"),
    }[event.state]


def list_series_entries(alert: Alert) -> Iterator[TimelineEntry]:
    """The start and end of each series, if there are several."""
    rows = alert.instances.filter(fired_at__isnull=False)
    if rows.count() < 2:
        return
    for row in rows.order_by("fired_at", "pk")[:MAX_SERIES]:
        values = {"name": shorten_series_name(row.name)}
        yield TimelineEntry(to_datetime(row.fired_at or row.since), _("%(name)s fired") % values, "bad")
        if row.ended_at:
            text = _("%(name)s: no more data") if row.phase == Phase.GONE else _("%(name)s is back to normal")
            yield TimelineEntry(to_datetime(row.ended_at), text % values, "good")


def list_notice_entries(alert: Alert, user: User) -> Iterator[TimelineEntry]:
    for notice in alert.notices.exclude(sent_at=None).select_related("route")[:MAX_EVENTS]:
        name = notice.route.name if user.is_admin else ""
        text = _("Notified through %(name)s") if name else _("A notification was sent")
        if notice.sent_at:
            yield TimelineEntry(notice.sent_at, text % {"name": name})


def find_earlier(alert: Alert) -> EarlierAlerts | None:
    """Returns how it was before: the last alert of the same rule or group in this room, and the last 30 days."""
    ended = Alert.objects.filter(room=alert.room_id, key=alert.key, began_at__lt=alert.began_at, ended_at__isnull=False)
    last = ended.select_related("acked_by").order_by("-began_at", "-pk").first()
    if last is None:
        return None
    recent = ended.filter(began_at__gt=timezone.now() - COUNTED_FOR).order_by("-began_at")
    spans = [get_duration(earlier) for earlier in recent.only("began_at", "ended_at")[:MAX_EARLIER]]
    return EarlierAlerts(last, get_duration(last), len(spans), int(median(spans)) if spans else 0)


def get_duration(alert: Alert) -> int:
    return int(((alert.ended_at or timezone.now()) - alert.began_at).total_seconds())
