"""Converts between local times and instants, including daylight saving changes."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings


def find_zone(name: str) -> ZoneInfo:
    """Returns the zone of an IANA name, or the site's zone for an empty or unknown name."""
    return load_zone(name) or load_zone(settings.TIME_ZONE) or ZoneInfo("UTC")


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
