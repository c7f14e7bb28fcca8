"""Timestamps as the wire has them."""

from datetime import datetime


def format_timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC, with milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
