"""Which silence is on: a plain span of time, or the same hours of every week."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from monitor.alerts.patterns import fits
from monitor.models import Silence

WEEK = timedelta(days=7)


def covers_until(silence: Silence, moment: datetime) -> datetime | None:
    """The end of the span that holds ``moment``; None if none does."""
    if moment < silence.starts or (silence.ended_at and moment >= silence.ended_at):
        return None
    turns = (moment - silence.starts) // WEEK if silence.weekly else 0
    end = silence.ends + turns * WEEK
    return end if moment < end else None


def quiet_until(
    silences: Iterable[Silence], room_id: int, rule_id: int | None, name: str, moment: datetime
) -> datetime | None:
    """Until when at least nothing is said of this; None if something is to be said now."""
    ends = [
        end
        for each in silences
        if each.room_id == room_id
        and each.rule_id in {None, rule_id}
        and fits(name, each.pattern)
        and (end := covers_until(each, moment))
    ]
    return max(ends, default=None)


def current(moment: datetime) -> list[Silence]:
    """Those that are on or may come on again."""
    return [
        each for each in Silence.objects.filter(ended_at=None, starts__lte=moment) if each.weekly or each.ends > moment
    ]


def known(moment: datetime) -> list[Silence]:
    """Those that were on lately, are on or will be."""
    return [each for each in Silence.objects.filter(ended_at=None) if each.weekly or each.ends > moment - WEEK]
