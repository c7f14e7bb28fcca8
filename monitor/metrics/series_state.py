"""Decides the state of a series, without a clock or a database.

new -> live -> stale -> gone -> forgotten; only a value leads back. See the table in docs/monitoring.md.
"""

from enum import StrEnum
from typing import NamedTuple

from django.conf import settings

MISSED_READINGS = 3
MIN_SILENCE_LIMIT = 15.0  # seconds
LONGEST_STEP = 10.0  # seconds that one reading may count: nothing is read between two ticks


def get_active_seconds() -> float:
    return float(settings.SERIES_ACTIVE_HOURS * 3600)


class SeriesState(StrEnum):
    NEW = "new"  # declared, without any value so far
    LIVE = "live"
    STALE = "stale"  # its source is read without it
    GONE = "gone"  # stale for so long that another series may take its place; its history remains
    FORGOTTEN = "forgotten"  # retention has deleted its history


class SeriesActivity(NamedTuple):
    """The known times of a series."""

    seen_at: float  # seconds since 1970, of its last reading
    missed_seconds: float = 0.0  # seconds during which its source was read without it
    gone: bool = False  # it was marked as gone before
    has_history: bool = True  # some of its history exists


def get_silence_limit(interval: float) -> float:
    """Seconds that a series may be missing. ``interval`` is the interval of its source."""
    return max(MIN_SILENCE_LIMIT, MISSED_READINGS * interval)


def get_gone_limit(interval: float, active: float) -> float:
    return max(active, get_silence_limit(interval))


def get_series_state(activity: SeriesActivity | None, now: float, *, interval: float, active: float) -> SeriesState:
    """``active``: seconds that a series stays live or stale after its last value."""
    if activity is None:
        return SeriesState.NEW
    if activity.gone:
        return SeriesState.GONE if activity.has_history else SeriesState.FORGOTTEN
    if activity.missed_seconds < get_silence_limit(interval):
        return SeriesState.LIVE
    return SeriesState.GONE if now - activity.seen_at >= get_gone_limit(interval, active) else SeriesState.STALE


def clamp_reading_step(step: float) -> float:
    """The clock may have been set between two readings."""
    return min(max(step, 1.0), LONGEST_STEP)
