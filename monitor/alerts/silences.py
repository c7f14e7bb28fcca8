"""Which silence is on: a plain span of time, or the same hours of every week."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import QuerySet

from monitor.alerts.models import Alert, Silence
from monitor.alerts.rule_state import Phase
from monitor.alerts.wall_clock import find_zone, to_instant, to_wall
from monitor.metrics.name_patterns import matches_pattern

WEEK = timedelta(days=7)
Window = tuple[datetime, datetime]
MAX_NAMES = 500  # of an alert


def covers_until(silence: Silence, moment: datetime) -> datetime | None:
    """The end of the span that holds ``moment``; None if none does."""
    if moment < silence.starts or (silence.ended_at and moment >= silence.ended_at):
        return None
    if not silence.weekly:
        return silence.ends if moment < silence.ends else None
    ends = [end for start, end in windows_near(silence, moment) if start <= moment < end]
    return max(ends, default=None)


def windows_near(silence: Silence, moment: datetime) -> list[Window]:
    """Those of a weekly silence that may hold ``moment``, and the next. They follow the wall clock of its zone."""
    zone = find_zone(silence.zone)
    begin, end = to_wall(silence.starts, zone), to_wall(silence.ends, zone)
    turns = (to_wall(moment, zone) - begin) // WEEK
    return [
        (to_instant(begin + turn * WEEK, zone), to_instant(end + turn * WEEK, zone, last=True))
        for turn in range(max(0, turns - 1), max(0, turns) + 2)
    ]


def next_window(silence: Silence, moment: datetime) -> Window:
    """The one that is on, or comes next."""
    if not silence.weekly:
        return silence.starts, silence.ends
    return next(window for window in windows_near(silence, moment) if window[1] > moment)


def concerns(silence: Silence, room_id: int, rule_id: int | None, name: str) -> bool:
    if silence.key or silence.room_id != room_id or silence.rule_id not in {None, rule_id}:
        return False
    return matches_pattern(name, silence.pattern)


def is_for(silence: Silence, alert: Alert) -> bool:
    """Whether it was made for this alert of another program, by its card or by its title."""
    if alert.rule_id is not None or silence.room_id != alert.room_id or silence.rule_id is not None:
        return False
    return silence.key == alert.key if silence.key else matches_pattern(alert.title, silence.pattern)


def quiet_until(
    silences: Iterable[Silence], room_id: int, rule_id: int | None, name: str, moment: datetime
) -> datetime | None:
    """Until when at least nothing is said of this; None if something is to be said now."""
    ends = [
        end
        for silence in silences
        if concerns(silence, room_id, rule_id, name) and (end := covers_until(silence, moment))
    ]
    return max(ends, default=None)


def names_of(alert: Alert) -> list[str]:
    """What has to be quiet for its card to be: all that fires."""
    rows = alert.instances.filter(phase=Phase.FIRING, ended_at=None)
    return list(rows.values_list("name", flat=True)[:MAX_NAMES])


def all_quiet_until(alert: Alert, moment: datetime) -> datetime | None:
    known = current(moment)
    whole = [end for silence in known if is_for(silence, alert) and (end := covers_until(silence, moment))]
    if whole:
        return max(whole)
    ends = [quiet_until(known, alert.room_id, alert.rule_id, name, moment) for name in names_of(alert)]
    told = [each for each in ends if each]
    return max(told) if told and len(told) == len(ends) else None


def longest(alert: Alert, moment: datetime) -> Silence | None:
    """Of those that are over it now, the one that ends last."""
    names = names_of(alert)
    over = [
        (end, silence.pk, silence)
        for silence in current(moment)
        if is_for(silence, alert) or any(concerns(silence, alert.room_id, alert.rule_id, name) for name in names)
        if (end := covers_until(silence, moment))
    ]
    return max(over)[2] if over else None


def own(alert: Alert, moment: datetime) -> "QuerySet[Silence]":
    """Made for this alert alone, as by its card: they end without anything else becoming loud."""
    chosen = {"pattern": "*", "key": ""} if alert.rule_id else {"key": alert.key}
    now = Silence.objects.filter(ended_at=None, weekly=False, starts__lte=moment, ends__gt=moment)
    return now.filter(room=alert.room_id, rule=alert.rule_id, **chosen)


def current(moment: datetime) -> list[Silence]:
    """Those that are on or may come on again."""
    begun = Silence.objects.filter(ended_at=None, starts__lte=moment).select_related("made_by")
    return [each for each in begun if each.weekly or each.ends > moment]


def known(moment: datetime) -> list[Silence]:
    """Those that were on lately, are on or will be."""
    return [each for each in Silence.objects.filter(ended_at=None) if each.weekly or each.ends > moment - WEEK]
