"""Seconds since 1970, datetimes, and how the wire and sentences of the server write them."""

from datetime import UTC, datetime

from django.utils import timezone


def to_datetime(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def format_timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC, with milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def format_clock(seconds: int) -> str:
    """``seconds`` since 1970 in the zone of the site: "14:05" if that is today, else "28.11. 14:05"."""
    local = timezone.localtime(to_datetime(seconds))
    return local.strftime("%H:%M" if local.date() == timezone.localdate() else "%d.%m. %H:%M")
