"""The alert card that ``alerts/alert_card.js`` renders, and the text beside it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from django.conf import settings
from django.db.models import BooleanField, Count, ExpressionWrapper, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from chat.cards import Card
from monitor.alerts import condition_text, silences
from monitor.alerts.evaluation import AlertState, Phase
from monitor.alerts.models import Alert, Instance
from monitor.metrics.ingest.names import shorten_series_name
from monitor.metrics.readings import format_reading

MAX_LINES = 12  # lines on a card; the rest is counted
CHART_SECONDS, CHART_POINTS = 600, 60  # of the chart
UPDATE_EVERY, UPDATE_EVERY_LATER = 10, 60  # seconds between two updates of the values on a card
YOUNG_FOR = 600  # seconds after which UPDATE_EVERY_LATER counts

Value = float | None


class Picture(msgspec.Struct, omit_defaults=True):
    """The chart of a card: the last minutes of its first series, and the crossed threshold."""

    t: list[int] = []  # seconds since 1970, ascending
    v: list[Value] = []
    comparison: str = ""
    threshold: Value = None
    at: int = 0  # seconds since 1970: the chart was drawn


class AlertLine(msgspec.Struct, omit_defaults=True):
    """One series of the alert."""

    name: str
    since: int  # seconds since 1970: the condition became true
    value: Value = None
    unit: str = ""
    words: str = ""  # text of another program
    ended: int | None = None
    gone: bool = False  # it ended because the series has no data
    severity: str = ""  # empty: that of the card


class AlertCard(Card, tag="alert"):
    """An alert. The card is updated in place until ``ended``."""

    alert: int  # id of the alert, for commands
    title: str
    severity: str  # info, warning, critical
    state: str  # firing, acknowledged, silenced, held, resolved
    began: int  # seconds since 1970
    sentence: str  # the problem, in the language of the workspace
    lines: list[AlertLine] = []
    firing: int = 0  # firing lines, including those that are left out
    total: int = 0
    picture: Picture | None = None
    ended: int | None = None
    gone: bool = False  # it ended because there is no data
    by: int | None = None  # id of the user who acknowledged or silenced it
    name: str = ""
    words: str = ""
    until: int | None = None  # end of the acknowledgement or silence
    ends: bool = False  # a silence covers only this alert and can be ended
    behind: str = ""  # title of the rule that suppresses it
    children: int = 0  # alerts that this one suppresses
    children_firing: int = 0
    open: str = ""  # link to the dashboard or the source
    runbook: str = ""
    reopened: int = 0  # how often it fired again soon after its end
    closed: str = ""  # name of the user who closed it


class CardRows(NamedTuple):
    """The rows on a card, firing rows first, and the counts of all rows."""

    first: Sequence[Instance]
    firing: int
    total: int


def load_card_rows(alert: Alert) -> CardRows:
    """Runs two queries, however many rows there are."""
    fired = alert.instances.filter(fired_at__isnull=False)
    counts = fired.aggregate(total=Count("pk"), firing=Count("pk", filter=Q(ended_at=None)))
    has_ended = ExpressionWrapper(Q(ended_at__isnull=False), output_field=BooleanField())
    return CardRows(list(fired.order_by(has_ended, "fired_at", "pk")[:MAX_LINES]), counts["firing"], counts["total"])


def prefetched_card_rows(alert: Alert) -> CardRows:
    """Builds the same from prefetched rows."""
    fired = [row for row in alert.instances.all() if row.fired_at is not None]
    fired.sort(key=lambda row: (row.ended_at is not None, row.fired_at, row.pk))
    return CardRows(fired[:MAX_LINES], sum(row.ended_at is None for row in fired), len(fired))


def build_alert_card(alert: Alert, rows: CardRows) -> AlertCard:
    fired, firing = rows.first, 0 if alert.ended_at else rows.firing + alert.left_out
    user, ends = find_responsible_user(alert)
    until = {AlertState.ACKNOWLEDGED: alert.acked_until, AlertState.SILENCED: alert.silenced_until}.get(
        AlertState(alert.state)
    )
    return AlertCard(
        alert=alert.pk,
        title=alert.title,
        severity=alert.severity,
        state=alert.state,
        began=to_unix_seconds(alert.began_at),
        sentence=describe_problem(alert, fired, firing),
        lines=[build_alert_line(alert, row) for row in fired],
        firing=firing,
        total=rows.total + (0 if alert.ended_at else alert.left_out),
        picture=msgspec.convert(alert.picture, Picture) if alert.picture else None,
        ended=to_unix_seconds(alert.ended_at) if alert.ended_at else None,
        gone=ended_without_data(alert, fired),
        by=user.pk if user else None,
        name=user.name if user else "",
        words=alert.acked_words if alert.state in {AlertState.ACKNOWLEDGED, AlertState.SILENCED} else "",
        until=to_unix_seconds(until) if until else None,
        ends=ends,
        behind=alert.behind if alert.state == AlertState.HELD else "",
        children=alert.children,
        children_firing=alert.children_firing,
        open=alert.link,
        runbook=alert.runbook,
        reopened=alert.reopened,
        closed=alert.closed_by.name if alert.closed_by and alert.ended_at else "",
    )


def find_responsible_user(alert: Alert) -> tuple[User | None, bool]:
    """Returns the user who acknowledged or silenced the alert, and whether the silence covers only this alert."""
    if alert.state == AlertState.SILENCED:
        now = timezone.now()
        silence = silences.find_longest_silence(alert, now)
        return (silence.made_by if silence else None), silences.find_own_silences(alert, now).exists()
    return (alert.acked_by if alert.state == AlertState.ACKNOWLEDGED else None), False


def build_alert_line(alert: Alert, row: Instance) -> AlertLine:
    return AlertLine(
        shorten_series_name(row.name),
        row.since,
        row.value,
        row.unit,
        row.words,
        ended=row.ended_at or (to_unix_seconds(alert.ended_at) if alert.ended_at else None),
        gone=row.phase == Phase.GONE,
        severity="" if row.severity == alert.severity else row.severity,
    )


def ended_without_data(alert: Alert, fired: Sequence[Instance]) -> bool:
    """Tells whether the last rows ended because their series had no data."""
    last = max((row.ended_at or 0 for row in fired), default=0)
    ending = [row for row in fired if row.ended_at == last]
    return bool(alert.ended_at) and any(row.phase == Phase.GONE for row in ending)


def to_unix_seconds(at: datetime) -> int:
    return int(at.timestamp())


def describe_problem(alert: Alert, fired: Sequence[Instance], firing: int) -> str:
    """Describes the current or former problem in a sentence."""
    if not fired:
        return ""
    first, picture, name = fired[0], alert.picture, shorten_series_name(fired[0].name)
    now = to_unix_seconds(alert.ended_at) if alert.ended_at else max(picture.get("at", 0), first.fired_at or 0)
    if first.words or not picture:
        problem = (first.words or name).removesuffix(".")
    else:
        limit = condition_text.format_limit(picture.get("comparison", ""), picture.get("threshold") or 0.0, first.unit)
        problem = condition_text.describe_violation(
            name, format_reading(first.value, first.unit), limit, max(0, now - first.since)
        )
    others = firing - 1
    if others > 0:
        problem += ngettext("; and %(count)d more", "; and %(count)d more", others) % {"count": others}
    return problem


def build_alert_text(alert: Alert, card: AlertCard) -> str:
    """Builds the text for notifications, quotes and the search. It has no times: the card shows them."""
    text = {
        AlertState.FIRING: _("Firing: %(title)s. %(sentence)s."),
        AlertState.ACKNOWLEDGED: _("Acknowledged by %(name)s: %(title)s. %(sentence)s. %(words)s"),
        AlertState.SILENCED: _("Silenced: %(title)s. %(sentence)s."),
        AlertState.HELD: _("Suppressed by “%(behind)s”: %(title)s. %(sentence)s."),
        AlertState.RESOLVED: _("Closed by %(closed)s after %(span)s: %(title)s.")
        if card.closed
        else _("Ended after %(span)s: no more data for %(title)s.")
        if card.gone
        else _("Resolved after %(span)s: %(title)s."),
    }[AlertState(alert.state)] % {
        "closed": card.closed,
        "title": card.title,
        "sentence": card.sentence,
        "name": card.name,
        "words": card.words,
        "behind": card.behind,
        "span": condition_text.format_span((card.ended or card.began) - card.began),
    }
    if card.children_firing and alert.state != AlertState.RESOLVED:
        text += " " + _("%(firing)d of %(all)d suppressed alerts are firing.") % {
            "firing": card.children_firing,
            "all": card.children,
        }
    return text.strip()


def render_alert_card(alert: Alert) -> tuple[AlertCard, str]:
    """Renders in the language of the workspace, whichever user acted."""
    with translation.override(settings.LANGUAGE_CODE):
        card = build_alert_card(alert, load_card_rows(alert))
        return card, build_alert_text(alert, card)
