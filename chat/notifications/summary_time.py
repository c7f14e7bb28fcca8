"""When a daily summary is due. It follows the clock of the user's zone: once each day, also when the clock changes."""

from datetime import date, datetime, time, timedelta

from myweb.times import find_zone, to_instant, to_wall

MAX_LATE = timedelta(hours=6)  # a worker that starts again in the evening sends no summary of the morning


def find_summary_day(hour: int, zone_name: str, now: datetime) -> date:
    """The last local day whose hour has come. A day that the zone skips has no hour."""
    today = to_wall(now, find_zone(zone_name)).date()
    days = (today - timedelta(days=days) for days in range(-1, 4))
    return next(day for day in days if (at := find_summary_moment(day, hour, zone_name)) and at <= now)


def find_summary_moment(day: date, hour: int, zone_name: str) -> datetime | None:
    zone = find_zone(zone_name)
    at = to_instant(datetime.combine(day, time(hour)), zone)
    return at if to_wall(at, zone).date() == day else None


def find_due_summary(hour: int, zone_name: str, now: datetime) -> date | None:
    """The day whose summary goes out now, unless that was done."""
    day = find_summary_day(hour, zone_name, now)
    at = find_summary_moment(day, hour, zone_name)
    return day if at and now - at <= MAX_LATE else None
