"""Computes the uptime of a component over UPTIME_DAYS (monitor/checks/uptime.py) from the changes of its state."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from monitor.checks.uptime import UPTIME_DAYS, Span, format_share, get_first_uptime_day
from monitor.status.models import ComponentState
from myweb.formats import format_duration


class Day(NamedTuple):
    level: str  # "none" if not measured, else good, some, bad
    words: str


def get_measured_since(periods: Iterable[Span]) -> datetime | None:
    return next((started for started, _ended, state in periods if state != ComponentState.UNKNOWN), None)


def list_days(seconds: dict[date, dict[str, float]], now: datetime) -> list[Day]:
    first = timezone.localtime(get_first_uptime_day(now)).date()
    return [
        describe_day(first + timedelta(days=number), seconds.get(first + timedelta(days=number), {}))
        for number in range(UPTIME_DAYS)
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
    """Return the uptime in percent of the measured time. Return an empty text before an hour was measured."""
    measured = sum(
        duration for day in seconds.values() for state, duration in day.items() if state != ComponentState.UNKNOWN
    )
    return format_share(measured, sum(day.get(ComponentState.DOWN, 0.0) for day in seconds.values()))
