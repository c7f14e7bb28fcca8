"""Who is on call at a moment, and the shifts of a period. Pure functions of a rotation and its overrides.

Turns change at a local time on chosen weekdays, so they follow the clock of the zone. A hand-over at a time that the
clock skips is at the moment of the change; at a repeated time it is at its first instant.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from myweb.times import to_instant

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rotation:
    zone: ZoneInfo
    at: time  # local
    weekdays: tuple[int, ...]  # of the hand-overs, ascending; 0 is Monday
    length: int  # a turn lasts this many hand-overs
    people: tuple[int, ...]  # user ids, in turn
    begins_on: date  # the first hand-over from this day on is to the person number ``first``
    first: int = 0


class Override(NamedTuple):
    """This user is on call instead. Of overlapping ones the last in the list counts."""

    begins: datetime
    ends: datetime
    user_id: int


class Shift(NamedTuple):
    begins: datetime
    ends: datetime
    user_id: int | None
    is_override: bool = False


def find_on_call(rotation: Rotation, overrides: Sequence[Override], moment: datetime) -> int | None:
    """Returns the user's id, or None if nobody is on call."""
    for override in reversed(overrides):
        if override.begins <= moment < override.ends:
            return override.user_id
    return find_turn(rotation, moment)


def list_shifts(rotation: Rotation, overrides: Sequence[Override], begins: datetime, ends: datetime) -> list[Shift]:
    """The shifts that cover the period, cut at its ends, without gap or overlap."""
    edges = {begins, ends, *list_hand_overs(rotation, begins, ends)}
    edges |= {edge for override in overrides for edge in override[:2] if begins < edge < ends}
    shifts: list[Shift] = []
    for edge, following in pairwise(sorted(edges)):
        user_id = find_on_call(rotation, overrides, edge)
        is_override = any(override.begins <= edge < override.ends for override in overrides)
        last = shifts[-1] if shifts else None
        if last and (last.user_id, last.is_override) == (user_id, is_override):
            shifts[-1] = last._replace(ends=following)
        else:
            shifts.append(Shift(edge, following, user_id, is_override))
    return shifts


def find_turn(rotation: Rotation, moment: datetime) -> int | None:
    if not rotation.people:
        return None
    day = find_last_hand_over(rotation, moment)
    turn = (count_hand_overs(rotation, day) // rotation.length + rotation.first) % len(rotation.people)
    return rotation.people[turn]


def find_last_hand_over(rotation: Rotation, moment: datetime) -> date:
    """The day of the last hand-over until this moment."""
    day = moment.astimezone(rotation.zone).date() + DAY
    while day.weekday() not in rotation.weekdays or get_hand_over(rotation, day) > moment:
        day -= DAY
    return day


def list_hand_overs(rotation: Rotation, begins: datetime, ends: datetime) -> Iterator[datetime]:
    """Between the two moments, without them."""
    day = begins.astimezone(rotation.zone).date() - DAY
    last = ends.astimezone(rotation.zone).date() + DAY
    while day <= last:
        if day.weekday() in rotation.weekdays and begins < (moment := get_hand_over(rotation, day)) < ends:
            yield moment
        day += DAY


def get_hand_over(rotation: Rotation, day: date) -> datetime:
    return to_instant(datetime.combine(day, rotation.at), rotation.zone)


def count_hand_overs(rotation: Rotation, day: date) -> int:
    """From the first one on or after ``begins_on`` to that of ``day``; negative before it."""
    return number_hand_over(rotation, day) - number_hand_over(rotation, rotation.begins_on)


def number_hand_over(rotation: Rotation, day: date) -> int:
    """Of the first hand-over on or after the day, counted from the Monday of the first week of the calendar."""
    weeks = (day.toordinal() - 1) // 7
    return weeks * len(rotation.weekdays) + sum(weekday < day.weekday() for weekday in rotation.weekdays)
