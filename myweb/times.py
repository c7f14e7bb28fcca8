"""Moments on the wire, on pages and in sentences, and local times of time zones.

Pages have moments in ``{% time %}`` elements, which ``myweb/time.js`` shows in the reader's zone and language.
Sentences of the server, and pages without scripts, have them in UTC and say so.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import formats
from django.utils.translation import pgettext


def to_datetime(seconds: float) -> datetime:
    """Returns UTC. ``seconds`` are since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def format_timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC, with milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def format_moment(moment: datetime | int) -> str:
    """ "Nov. 28, 2026 22:30 UTC". A number is in seconds since 1970."""
    utc = to_datetime(moment) if isinstance(moment, int) else moment.astimezone(UTC)
    return f"{format_day(utc)} {formats.date_format(utc, 'H:i')} UTC"


def format_clock(moment: datetime) -> str:
    return f"{formats.date_format(moment.astimezone(UTC), 'H:i')} UTC"


def format_day(day: date) -> str:
    return formats.date_format(day, "DATE_FORMAT")


def format_month_day(day: date) -> str:
    """ "30 Nov", where a whole date is too long."""
    return formats.date_format(day, pgettext("format of a day", "j M"))


def format_weekly_hours(begin: datetime, end: datetime) -> str:
    """ "Mon 22:00 – Tue 06:00", of two local times."""
    return " – ".join(formats.date_format(wall, "D H:i") for wall in (begin, end))


def find_zone(name: str) -> ZoneInfo:
    """Returns the zone of an IANA name, or UTC for an empty or unknown name."""
    return load_zone(name) or ZoneInfo("UTC")


@lru_cache(maxsize=1_000)
def load_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if 0 < len(name) <= 64 and name.isascii() else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Europe" is a folder
        return None


@lru_cache(maxsize=4_096)
def to_instant(wall: datetime, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """Returns UTC. A skipped time is the moment of the change, a repeated time its first or ``last`` instant."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if to_wall(first, zone) == wall:
        return max(first, second) if last and to_wall(second, zone) == wall else first
    before, after = min(first, second), max(first, second)
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle <= before:
            break
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == offset else (before, middle)
    return after


def to_wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
