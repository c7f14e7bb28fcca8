"""The shifts of stored schedules: those of now, of the next weeks, and the gaps among them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import formats, timezone

from accounts.models import User
from chat.models import Membership
from monitor.oncall import rotation
from monitor.oncall.models import Schedule
from monitor.oncall.rotation import Rotation, Shift
from myweb.times import find_zone, to_wall

GAPS_WITHIN = timedelta(days=30)
LONGEST_SHIFT = timedelta(days=90)  # the end of a longer one is not looked for


class UserShift(NamedTuple):
    """A shift with its user, who may be deactivated."""

    shift: Shift
    user: User | None

    @property
    def begins_at(self) -> int:
        return int(self.shift.begins.timestamp())

    @property
    def is_gap(self) -> bool:
        return self.user is None or not self.user.is_active


def get_rotation(schedule: Schedule) -> Rotation:
    return Rotation(
        find_zone(schedule.zone),
        schedule.at,
        tuple(schedule.weekdays),
        schedule.length,
        tuple(schedule.people),
        schedule.begins_on,
        schedule.first,
    )


def load_overrides(schedule: Schedule, begins: datetime, ends: datetime) -> list[rotation.Override]:
    rows = schedule.overrides.filter(begins__lt=ends, ends__gt=begins).order_by("pk")
    return [rotation.Override(*row) for row in rows.values_list("begins", "ends", "user_id")]


def load_shifts(schedule: Schedule, begins: datetime, ends: datetime) -> list[Shift]:
    return rotation.list_shifts(get_rotation(schedule), load_overrides(schedule, begins, ends), begins, ends)


def find_user_on_call(schedule: Schedule, now: datetime) -> User | None:
    """Returns None if nobody is on call, or only a deactivated user."""
    overrides = load_overrides(schedule, now, now + timedelta(seconds=1))
    user_id = rotation.find_on_call(get_rotation(schedule), overrides, now)
    return User.objects.filter(pk=user_id or 0, is_active=True).first()


def find_users_on_call(room_id: int) -> list[User]:
    """For the schedules of a room, now. Only its members: others could not read what mentions them."""
    now = timezone.now()
    users = [find_user_on_call(schedule, now) for schedule in Schedule.objects.filter(room=room_id)]
    user_ids = {user.pk for user in users if user}
    members = Membership.objects.filter(room=room_id, user__in=user_ids, active=True)
    known = set(members.values_list("user_id", flat=True))
    return list({user.pk: user for user in users if user and user.pk in known}.values())


def find_shift(schedule: Schedule, moment: datetime) -> Shift:
    """The whole shift of a moment."""
    begins, ends = moment - LONGEST_SHIFT, moment + LONGEST_SHIFT
    return next(shift for shift in load_shifts(schedule, begins, ends) if shift.begins <= moment < shift.ends)


def attach_users(shifts: Sequence[Shift]) -> list[UserShift]:
    users = User.objects.in_bulk({shift.user_id for shift in shifts if shift.user_id})
    return [UserShift(shift, users.get(shift.user_id or 0)) for shift in shifts]


def find_gaps(schedule: Schedule, now: datetime) -> list[UserShift]:
    shifts = attach_users(load_shifts(schedule, now, now + GAPS_WITHIN))
    return [shift for shift in shifts if shift.is_gap]


def list_schedules_with_gaps(schedules: Iterable[Schedule], now: datetime) -> list[tuple[Schedule, UserShift]]:
    """Each with its first gap."""
    found = ((schedule, find_gaps(schedule, now)) for schedule in schedules)
    return [(schedule, gaps[0]) for schedule, gaps in found if gaps]


def format_local(schedule: Schedule, moment: datetime) -> str:
    """ "November 30 09:00 (Europe/Berlin)", for sentences of the server."""
    wall = to_wall(moment, find_zone(schedule.zone))
    return f"{formats.date_format(wall, 'MONTH_DAY_FORMAT')} {formats.date_format(wall, 'H:i')} ({schedule.zone})"
