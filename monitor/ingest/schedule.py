"""When a job is expected next, and what it is when it has not come."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from monitor.models import Beat

State = Beat.State


class BadSchedule(ValueError):
    """The text is a sentence for a person."""


def due(beat: Beat, after: datetime) -> datetime:
    """The next moment that it should have run. Raises :class:`BadSchedule`."""
    if not beat.cron:
        return after + timedelta(seconds=beat.period)
    try:
        return next(CronSim(beat.cron, after.astimezone(ZoneInfo(beat.zone)))).astimezone(UTC)
    except CronSimError as error:
        raise BadSchedule(str(error)) from None
    except StopIteration:  # the 30th of February
        raise BadSchedule(f"{beat.cron} never comes.") from None


def state_at(beat: Beat, now: datetime) -> str:
    """While it runs it is not late, but it may not run for longer than its grace."""
    if beat.state in {State.NEW, State.PAUSED, State.DOWN} or beat.due_at is None:
        return beat.state
    grace = timedelta(seconds=beat.grace)
    if beat.started_at:
        return State.UP if now <= beat.started_at + grace else State.DOWN
    if now <= beat.due_at:
        return State.UP
    return State.LATE if now <= beat.due_at + grace else State.DOWN


def late(beat: Beat, now: datetime) -> float:
    """Seconds by which it is overdue."""
    running = beat.started_at is not None and state_at(beat, now) == State.UP
    return 0.0 if beat.due_at is None or running else max(0.0, (now - beat.due_at).total_seconds())
