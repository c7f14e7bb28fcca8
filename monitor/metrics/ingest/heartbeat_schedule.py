"""Computes when a job must report next, and its state if it has not. The default times are in models/ingest.py."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from monitor.metrics.models import Beat

BeatState = Beat.State


MAX_JITTER = timedelta(seconds=60)  # limit: a job takes a moment to run, and its machine may be busy


class BadSchedule(ValueError):
    """The text is a sentence for users."""


def get_next_due(beat: Beat, after: datetime) -> datetime:
    """Return the next time at which it must run. Raises :class:`BadSchedule`."""
    if not beat.cron:
        return after + timedelta(seconds=beat.period)
    try:
        return next(CronSim(beat.cron, after.astimezone(ZoneInfo(beat.zone)))).astimezone(UTC)
    except CronSimError as error:
        raise BadSchedule(str(error)) from None
    except StopIteration:  # the 30th of February
        raise BadSchedule(f"{beat.cron} never matches.") from None


def get_beat_state(beat: Beat, now: datetime) -> str:
    """A running job is not late, but it is down if it runs longer than its grace period."""
    if beat.state in {BeatState.NEW, BeatState.PAUSED, BeatState.DOWN} or beat.due_at is None:
        return beat.state
    grace = timedelta(seconds=beat.grace)
    if beat.started_at:
        return BeatState.UP if now <= beat.started_at + grace else BeatState.DOWN
    if now <= beat.due_at + get_jitter(beat):
        return BeatState.UP
    return BeatState.LATE if now <= beat.due_at + grace else BeatState.DOWN


def get_jitter(beat: Beat) -> timedelta:
    """Return the delay after which a job is late. Without it, every cron job would be late."""
    return min(MAX_JITTER, timedelta(seconds=beat.grace) / 3)


def get_overdue_seconds(beat: Beat, now: datetime) -> float:
    """Return 0 while it is on time or running."""
    on_time = beat.due_at is None or get_beat_state(beat, now) == BeatState.UP
    return 0.0 if on_time or beat.due_at is None else max(0.0, (now - beat.due_at).total_seconds())
