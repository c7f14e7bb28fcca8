"""When a job is expected next, and what it is when it has not come."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from monitor.metrics.models import Beat

BeatState = Beat.State


MAX_JITTER = timedelta(seconds=60)  # at most: a job takes a moment to run, and its machine may be busy


class BadSchedule(ValueError):
    """The text is a sentence for a person."""


def get_next_due(beat: Beat, after: datetime) -> datetime:
    """The next moment that it should have run. Raises :class:`BadSchedule`."""
    if not beat.cron:
        return after + timedelta(seconds=beat.period)
    try:
        return next(CronSim(beat.cron, after.astimezone(ZoneInfo(beat.zone)))).astimezone(UTC)
    except CronSimError as error:
        raise BadSchedule(str(error)) from None
    except StopIteration:  # the 30th of February
        raise BadSchedule(f"{beat.cron} never matches.") from None


def get_beat_state(beat: Beat, now: datetime) -> str:
    """While it runs it is not late, but it may not run for longer than its grace."""
    if beat.state in {BeatState.NEW, BeatState.PAUSED, BeatState.DOWN} or beat.due_at is None:
        return beat.state
    grace = timedelta(seconds=beat.grace)
    if beat.started_at:
        return BeatState.UP if now <= beat.started_at + grace else BeatState.DOWN
    if now <= beat.due_at + get_jitter(beat):
        return BeatState.UP
    return BeatState.LATE if now <= beat.due_at + grace else BeatState.DOWN


def get_jitter(beat: Beat) -> timedelta:
    """By so much a job that is on time may be heard of later than it is due; without it every job by cron is late."""
    return min(MAX_JITTER, timedelta(seconds=beat.grace) / 3)


def get_overdue_seconds(beat: Beat, now: datetime) -> float:
    """Seconds by which it is overdue; none while it is on time or runs."""
    on_time = beat.due_at is None or get_beat_state(beat, now) == BeatState.UP
    return 0.0 if on_time or beat.due_at is None else max(0.0, (now - beat.due_at).total_seconds())
