"""Which silence is on: a plain span of time, or the same hours of every week."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from glob import escape

from django.db.models import QuerySet

from monitor.alerts.patterns import fits
from monitor.alerts.state import Phase
from monitor.models import Alert, Silence

WEEK = timedelta(days=7)


def covers_until(silence: Silence, moment: datetime) -> datetime | None:
    """The end of the span that holds ``moment``; None if none does."""
    if moment < silence.starts or (silence.ended_at and moment >= silence.ended_at):
        return None
    turns = (moment - silence.starts) // WEEK if silence.weekly else 0
    end = silence.ends + turns * WEEK
    return end if moment < end else None


def quiet_until(
    silences: Iterable[Silence], room_id: int, rule_id: int | None, name: str, moment: datetime
) -> datetime | None:
    """Until when at least nothing is said of this; None if something is to be said now."""
    ends = [
        end
        for each in silences
        if each.room_id == room_id
        and each.rule_id in {None, rule_id}
        and fits(name, each.pattern)
        and (end := covers_until(each, moment))
    ]
    return max(ends, default=None)


def names_of(alert: Alert) -> list[str]:
    """What has to be quiet for its card to be: of a rule what fires, of another program the alert itself."""
    if alert.rule_id is None:
        return [alert.title]
    return [each.name for each in alert.instances.all() if each.phase == Phase.FIRING and each.ended_at is None]


def all_quiet_until(alert: Alert, moment: datetime) -> datetime | None:
    known = current(moment)
    ends = [quiet_until(known, alert.room_id, alert.rule_id, name, moment) for name in names_of(alert)]
    told = [each for each in ends if each]
    return max(told) if told and len(told) == len(ends) else None


def longest(alert: Alert, moment: datetime) -> Silence | None:
    """Of those that are over it now, the one that ends last."""
    names = names_of(alert)
    over = [
        (end, each.pk, each)
        for each in current(moment)
        if each.room_id == alert.room_id
        and each.rule_id in {None, alert.rule_id}
        and any(fits(name, each.pattern) for name in names)
        and (end := covers_until(each, moment))
    ]
    return max(over)[2] if over else None


def own(alert: Alert, moment: datetime) -> "QuerySet[Silence]":
    """Made for this alert alone, as by its card: they end without anything else becoming loud."""
    pattern = "*" if alert.rule_id else escape(alert.title)
    now = Silence.objects.filter(ended_at=None, weekly=False, starts__lte=moment, ends__gt=moment)
    return now.filter(room=alert.room_id, rule=alert.rule_id, pattern=pattern)


def current(moment: datetime) -> list[Silence]:
    """Those that are on or may come on again."""
    begun = Silence.objects.filter(ended_at=None, starts__lte=moment).select_related("made_by")
    return [each for each in begun if each.weekly or each.ends > moment]


def known(moment: datetime) -> list[Silence]:
    """Those that were on lately, are on or will be."""
    return [each for each in Silence.objects.filter(ended_at=None) if each.weekly or each.ends > moment - WEEK]
