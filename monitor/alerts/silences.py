"""Finds the active silences: single periods, or the same hours of every week."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import QuerySet

from monitor.alerts.evaluation import Phase
from monitor.alerts.models import Alert, Silence
from monitor.metrics.name_patterns import matches_pattern
from myweb.times import find_zone, to_instant, to_wall

WEEK = timedelta(days=7)
Window = tuple[datetime, datetime]
MAX_FIRING_NAMES = 500  # firing series of an alert


def covers_until(silence: Silence, moment: datetime) -> datetime | None:
    """Returns the end of the period that contains ``moment``, or None."""
    if moment < silence.starts or (silence.ended_at and moment >= silence.ended_at):
        return None
    if not silence.weekly:
        return silence.ends if moment < silence.ends else None
    ends = [end for start, end in windows_near(silence, moment) if start <= moment < end]
    return max(ends, default=None)


def windows_near(silence: Silence, moment: datetime) -> list[Window]:
    """Returns the periods of a weekly silence around ``moment``, and the next one. They follow its local time."""
    zone = find_zone(silence.zone)
    begin, end = to_wall(silence.starts, zone), to_wall(silence.ends, zone)
    weeks = (to_wall(moment, zone) - begin) // WEEK
    return [
        (to_instant(begin + week * WEEK, zone), to_instant(end + week * WEEK, zone, last=True))
        for week in range(max(0, weeks - 1), max(0, weeks) + 2)
    ]


def next_window(silence: Silence, moment: datetime) -> Window:
    """Returns the current or next period."""
    if not silence.weekly:
        return silence.starts, silence.ends
    return next(window for window in windows_near(silence, moment) if window[1] > moment)


def covers_series(silence: Silence, room_id: int, rule_id: int | None, name: str) -> bool:
    if silence.key or silence.room_id != room_id or silence.rule_id not in {None, rule_id}:
        return False
    return matches_pattern(name, silence.pattern)


def covers_alert(silence: Silence, alert: Alert) -> bool:
    """Tells whether the silence covers this alert of another program, by its key or its title."""
    if alert.rule_id is not None or silence.room_id != alert.room_id or silence.rule_id is not None:
        return False
    return silence.key == alert.key if silence.key else matches_pattern(alert.title, silence.pattern)


def series_silenced_until(
    silences: Iterable[Silence], room_id: int, rule_id: int | None, name: str, moment: datetime
) -> datetime | None:
    """Returns until when the series is silenced at least, or None."""
    ends = [
        end
        for silence in silences
        if covers_series(silence, room_id, rule_id, name) and (end := covers_until(silence, moment))
    ]
    return max(ends, default=None)


def list_firing_names(alert: Alert) -> list[str]:
    """Returns the firing series, which must all be silenced for the card to be silenced."""
    rows = alert.instances.filter(phase=Phase.FIRING, ended_at=None)
    return list(rows.values_list("name", flat=True)[:MAX_FIRING_NAMES])


def alert_silenced_until(alert: Alert, moment: datetime) -> datetime | None:
    known = list_current_silences(moment)
    ends_for_alert = [
        end for silence in known if covers_alert(silence, alert) and (end := covers_until(silence, moment))
    ]
    if ends_for_alert:
        return max(ends_for_alert)
    ends = [
        series_silenced_until(known, alert.room_id, alert.rule_id, name, moment) for name in list_firing_names(alert)
    ]
    known_ends = [end for end in ends if end]
    return max(known_ends) if known_ends and len(known_ends) == len(ends) else None


def find_longest_silence(alert: Alert, moment: datetime) -> Silence | None:
    """Returns the active silence of this alert that ends last."""
    names = list_firing_names(alert)
    matching = [
        (end, silence.pk, silence)
        for silence in list_current_silences(moment)
        if covers_alert(silence, alert)
        or any(covers_series(silence, alert.room_id, alert.rule_id, name) for name in names)
        if (end := covers_until(silence, moment))
    ]
    return max(matching)[2] if matching else None


def find_own_silences(alert: Alert, moment: datetime) -> "QuerySet[Silence]":
    """Returns the silences of this alert alone. Ending them affects no other alert."""
    conditions = {"pattern": "*", "key": ""} if alert.rule_id else {"key": alert.key}
    now = Silence.objects.filter(ended_at=None, weekly=False, starts__lte=moment, ends__gt=moment)
    return now.filter(room=alert.room_id, rule=alert.rule_id, **conditions)


def list_current_silences(moment: datetime) -> list[Silence]:
    """Returns silences that are active or can become active again."""
    started = Silence.objects.filter(ended_at=None, starts__lte=moment).select_related("made_by")
    return [silence for silence in started if silence.weekly or silence.ends > moment]


def list_recent_silences(moment: datetime) -> list[Silence]:
    """Returns silences that ended recently, are active or are planned."""
    return [
        silence for silence in Silence.objects.filter(ended_at=None) if silence.weekly or silence.ends > moment - WEEK
    ]
