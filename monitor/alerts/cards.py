"""The card of an alert: what the page draws (``alerts/alert-card.js``), and the sentence beside it."""

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
from monitor.alerts import silences
from monitor.alerts import text as words
from monitor.alerts.models import Alert, Instance
from monitor.alerts.rule_state import Phase, Stand
from monitor.metrics.ingest.names import shorten_series_name
from monitor.metrics.readings import format_reading
from myweb.timestamps import format_clock

LINES = 12  # of a card; more are counted
POINTS = 60  # of its chart

Value = float | None


class Picture(msgspec.Struct, omit_defaults=True):
    """The last minutes of the series that came first, frozen, and the line that it crossed."""

    t: list[int] = []  # seconds since 1970, rising
    v: list[Value] = []
    comparison: str = ""
    threshold: Value = None
    at: int = 0  # when it was drawn


class AlertLine(msgspec.Struct, omit_defaults=True):
    """One series of the alert."""

    name: str
    since: int  # seconds since 1970: the condition holds
    value: Value = None
    unit: str = ""
    words: str = ""  # of another program
    ended: int | None = None
    gone: bool = False  # it ended because the series has no values any more
    severity: str = ""  # where it is not that of the card


class AlertCard(Card, tag="alert"):
    """An alert. It changes in place until ``ended``."""

    alert: int  # its number, for the commands
    title: str
    severity: str  # info, warning, critical
    state: str  # firing, acknowledged, silenced, held, resolved
    began: int  # seconds since 1970
    sentence: str  # what is wrong, in the language of the house
    lines: list[AlertLine] = []
    firing: int = 0  # of all lines, also those that are left out here
    total: int = 0
    picture: Picture | None = None
    ended: int | None = None
    gone: bool = False  # it ended because there are no values any more
    by: int | None = None  # who acknowledged or silenced
    name: str = ""
    words: str = ""
    until: int | None = None  # acknowledged or silenced
    ends: bool = False  # silenced for this alert alone, which may be ended
    behind: str = ""  # what it waits for
    children: int = 0  # what is held behind this one
    children_firing: int = 0
    open: str = ""  # where to look
    runbook: str = ""
    reopened: int = 0  # how often it fired again soon after its end
    closed: str = ""  # who closed it by hand


class Rows(NamedTuple):
    """What a card shows of its alert's rows: those that fire first. The rest is counted."""

    first: Sequence[Instance]
    firing: int
    total: int


def load_rows(alert: Alert) -> Rows:
    """Two queries, however many rows there are."""
    fired = alert.instances.filter(fired_at__isnull=False)
    counts = fired.aggregate(total=Count("pk"), firing=Count("pk", filter=Q(ended_at=None)))
    has_ended = ExpressionWrapper(Q(ended_at__isnull=False), output_field=BooleanField())
    return Rows(list(fired.order_by(has_ended, "fired_at", "pk")[:LINES]), counts["firing"], counts["total"])


def loaded_rows(alert: Alert) -> Rows:
    """The same of rows that were prefetched."""
    fired = [row for row in alert.instances.all() if row.fired_at is not None]
    fired.sort(key=lambda row: (row.ended_at is not None, row.fired_at, row.pk))
    return Rows(fired[:LINES], sum(row.ended_at is None for row in fired), len(fired))


def card_of(alert: Alert, rows: Rows) -> AlertCard:
    fired, firing = rows.first, 0 if alert.ended_at else rows.firing + alert.left_out
    by, ends = whose(alert)
    until = {Stand.ACKNOWLEDGED: alert.acked_until, Stand.SILENCED: alert.silenced_until}.get(Stand(alert.state))
    return AlertCard(
        alert=alert.pk,
        title=alert.title,
        severity=alert.severity,
        state=alert.state,
        began=moment(alert.began_at),
        sentence=sentence(alert, fired, firing),
        lines=[line(alert, row) for row in fired],
        firing=firing,
        total=rows.total + (0 if alert.ended_at else alert.left_out),
        picture=msgspec.convert(alert.picture, Picture) if alert.picture else None,
        ended=moment(alert.ended_at) if alert.ended_at else None,
        gone=is_gone(alert, fired),
        by=by.pk if by else None,
        name=by.name if by else "",
        words=alert.acked_words if alert.state in {Stand.ACKNOWLEDGED, Stand.SILENCED} else "",
        until=moment(until) if until else None,
        ends=ends,
        behind=alert.behind if alert.state == Stand.HELD else "",
        children=alert.children,
        children_firing=alert.children_firing,
        open=alert.link,
        runbook=alert.runbook,
        reopened=alert.reopened,
        closed=alert.closed_by.name if alert.closed_by and alert.ended_at else "",
    )


def whose(alert: Alert) -> tuple[User | None, bool]:
    """Who is on it or silenced it, and whether that silence is for this alone."""
    if alert.state == Stand.SILENCED:
        now = timezone.now()
        silence = silences.longest(alert, now)
        return (silence.made_by if silence else None), silences.own(alert, now).exists()
    return (alert.acked_by if alert.state == Stand.ACKNOWLEDGED else None), False


def line(alert: Alert, row: Instance) -> AlertLine:
    return AlertLine(
        shorten_series_name(row.name),
        row.since,
        row.value,
        row.unit,
        row.words,
        ended=row.ended_at or (moment(alert.ended_at) if alert.ended_at else None),
        gone=row.phase == Phase.GONE,
        severity="" if row.severity == alert.severity else row.severity,
    )


def is_gone(alert: Alert, fired: Sequence[Instance]) -> bool:
    """Whether what ended it, in the end, was that there were no values any more."""
    last = max((each.ended_at or 0 for each in fired), default=0)
    ending = [each for each in fired if each.ended_at == last]
    return bool(alert.ended_at) and any(each.phase == Phase.GONE for each in ending)


def moment(at: datetime) -> int:
    return int(at.timestamp())


def sentence(alert: Alert, fired: Sequence[Instance], firing: int) -> str:
    """What is wrong, or was."""
    if not fired:
        return ""
    first, picture, name = fired[0], alert.picture, shorten_series_name(fired[0].name)
    now = moment(alert.ended_at) if alert.ended_at else max(picture.get("at", 0), first.fired_at or 0)
    if first.words or not picture:
        said = (first.words or name).removesuffix(".")
    else:
        limit = words.limit(picture.get("comparison", ""), picture.get("threshold") or 0.0, first.unit)
        said = words.wrong(name, format_reading(first.value, first.unit), limit, max(0, now - first.since))
    others = firing - 1
    if others > 0:
        said += ngettext("; and %(count)d more", "; and %(count)d more", others) % {"count": others}
    return said


def text_of(alert: Alert, card: AlertCard) -> str:
    """What notifications, searches and old pages show."""
    said = {
        Stand.FIRING: _("Firing: %(title)s. %(sentence)s."),
        Stand.ACKNOWLEDGED: _("Acknowledged by %(name)s until %(until)s: %(title)s. %(sentence)s. %(words)s"),
        Stand.SILENCED: _("Silenced until %(until)s: %(title)s. %(sentence)s."),
        Stand.HELD: _("Suppressed by “%(behind)s”: %(title)s. %(sentence)s."),
        Stand.RESOLVED: _("Closed by %(closed)s after %(span)s: %(title)s.")
        if card.closed
        else _("Ended after %(span)s: no more data for %(title)s.")
        if card.gone
        else _("Resolved after %(span)s: %(title)s."),
    }[Stand(alert.state)] % {
        "closed": card.closed,
        "title": card.title,
        "sentence": card.sentence,
        "name": card.name,
        "words": card.words,
        "behind": card.behind,
        "until": format_clock(card.until) if card.until else "",
        "span": words.span((card.ended or card.began) - card.began),
    }
    if card.children_firing and alert.state != Stand.RESOLVED:
        said += " " + _("%(firing)d of %(all)d suppressed alerts are firing.") % {
            "firing": card.children_firing,
            "all": card.children,
        }
    return said.strip()


def drawn(alert: Alert) -> tuple[AlertCard, str]:
    """In the language of the house, whoever's deed it was."""
    with translation.override(settings.LANGUAGE_CODE):
        card = card_of(alert, load_rows(alert))
        return card, text_of(alert, card)
