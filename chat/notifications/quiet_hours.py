"""Hours of the week in which a user is not notified. They follow the clock of the user's time zone."""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from accounts.models import User
from chat.models import NotificationSettings
from myweb.times import find_zone, to_instant, to_wall

WEEK = timedelta(days=7)


class WeeklyPeriod(NamedTuple):
    begin: timedelta  # since Monday 00:00, less than a week
    length: timedelta  # at most a week; may reach into the next one


class QuietHours(NamedTuple):
    zone: ZoneInfo
    periods: tuple[WeeklyPeriod, ...] = ()


def find_quiet_end(hours: QuietHours, moment: datetime) -> datetime | None:
    """Returns when the quiet time that contains ``moment`` is over, or None if it is not quiet then.

    Periods that touch count as one. Without a gap in the whole week, the end is at most two weeks away.
    """
    wall = to_wall(moment, hours.zone)
    monday = wall.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=wall.weekday())
    windows = sorted(
        (to_instant(begin, hours.zone), to_instant(begin + period.length, hours.zone, last=True))
        for week in (-1, 0, 1)
        for period in hours.periods
        for begin in [monday + week * WEEK + period.begin]
    )
    end = moment
    for window_begin, window_end in windows:
        if window_begin <= end < window_end:
            end = window_end
    return end if end > moment else None


def read_quiet_hours(user: User) -> QuietHours:
    """Of a user whose ``notification_settings`` were selected."""
    try:
        chosen = user.notification_settings
    except NotificationSettings.DoesNotExist:
        return QuietHours(find_zone(""))
    periods = (
        WeeklyPeriod(timedelta(minutes=begin), timedelta(minutes=length)) for begin, length in chosen.quiet_periods
    )
    return QuietHours(find_zone(chosen.zone), tuple(periods))
