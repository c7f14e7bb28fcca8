"""Computes the uptime of a component over the last days from the changes of its state."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from math import floor
from typing import NamedTuple

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from monitor.status.models import ComponentState
from myweb.formats import format_duration

DAYS = 90
Span = tuple[datetime, datetime, str]
Change = tuple[datetime, str]


class Day(NamedTuple):
    level: str  # "none" if not measured, else good, some, bad
    words: str


def get_midnight(moment: datetime, days: int = 0) -> datetime:
    """Return the start of the day that is ``days`` later, in UTC."""
    local = timezone.localtime(moment).date() + timedelta(days=days)
    return timezone.make_aware(datetime(local.year, local.month, local.day))  # noqa: DTZ001 - made aware here


def get_first_day(now: datetime) -> datetime:
    return get_midnight(now, 1 - DAYS)


def list_spans(before: str | None, changes: Iterable[Change], start: datetime, now: datetime) -> Iterator[Span]:
    """``before``: its state at the start, or None if it did not exist."""
    since, state = start, before or ComponentState.UNKNOWN
    for at, other in [*changes, (now, "")]:
        if at > since:
            yield since, at, state
        since, state = max(since, at), other


def get_measured_since(periods: Iterable[Span]) -> datetime | None:
    return next((started for started, _ended, state in periods if state != ComponentState.UNKNOWN), None)


def sum_by_day(periods: Iterable[Span]) -> dict[date, dict[str, float]]:
    """Return seconds in each state; a span over midnight counts for both days."""
    days: dict[date, dict[str, float]] = {}
    for started, ended, state in periods:
        since = started
        while since < ended:
            until = min(ended, get_midnight(since, 1))
            day = days.setdefault(timezone.localtime(since).date(), {})
            day[state] = day.get(state, 0.0) + (until - since).total_seconds()
            since = until
    return days


def list_days(seconds: dict[date, dict[str, float]], now: datetime) -> list[Day]:
    first = timezone.localtime(get_first_day(now)).date()
    return [
        describe_day(first + timedelta(days=number), seconds.get(first + timedelta(days=number), {}))
        for number in range(DAYS)
    ]


def describe_day(day: date, seconds: dict[str, float]) -> Day:
    down, disturbed = seconds.get(ComponentState.DOWN, 0.0), seconds.get(ComponentState.DISTURBED, 0.0)
    name = formats.date_format(day, "MONTH_DAY_FORMAT")
    if down:
        return Day("bad", _("%(day)s: down for %(time)s") % {"day": name, "time": format_duration(round(down))})
    if disturbed:
        return Day(
            "some", _("%(day)s: degraded for %(time)s") % {"day": name, "time": format_duration(round(disturbed))}
        )
    if seconds.get(ComponentState.WORKS):
        return Day("good", _("%(day)s: no incidents") % {"day": name})
    return Day("none", _("%(day)s: no data") % {"day": name})


def format_uptime(seconds: dict[date, dict[str, float]]) -> str:
    """Return the uptime in percent of the measured time, rounded down. Return an empty text if nothing was measured."""
    measured = sum(
        duration for day in seconds.values() for state, duration in day.items() if state != ComponentState.UNKNOWN
    )
    down = sum(day.get(ComponentState.DOWN, 0.0) for day in seconds.values())
    if not measured:
        return ""
    return formats.number_format(floor(10_000 * (1 - down / measured)) / 100, 2) if down else "100"
