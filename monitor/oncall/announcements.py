"""Tells the room and the next person ten minutes before a shift, and at the hand-over."""

from datetime import datetime, timedelta
from itertools import pairwise

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from monitor.oncall import timetable
from monitor.oncall.models import Schedule
from monitor.oncall.services import post_text
from monitor.oncall.timetable import UserShift

AHEAD = timedelta(minutes=10)
LATE = timedelta(hours=1)  # what was missed for longer is not announced


def announce_due_shifts(now: datetime) -> None:
    for schedule_id in Schedule.objects.values_list("pk", flat=True):
        with translation.override(settings.LANGUAGE_CODE):
            announce_schedule(schedule_id, now)


@transaction.atomic
def announce_schedule(schedule_id: int, now: datetime) -> None:
    """Each hand-over once: the time up to which they are announced is stored with the messages."""
    schedule = Schedule.objects.select_for_update().select_related("room").filter(pk=schedule_id).first()
    if schedule is None or now <= schedule.announced_until:
        return
    since = max(schedule.announced_until, now - LATE)
    shifts = timetable.attach_users(timetable.load_shifts(schedule, since - LATE, now + timetable.LONGEST_SHIFT))
    for before, following in pairwise(shifts):
        if before.user == following.user:
            continue
        begins = following.shift.begins
        if since < begins <= now:
            announce_hand_over(schedule, before, following)
        elif since + AHEAD < begins <= now + AHEAD:
            announce_next_shift(schedule, following)
    schedule.announced_until = now
    schedule.save(update_fields=["announced_until"])


def announce_hand_over(schedule: Schedule, before: UserShift, following: UserShift) -> None:
    texts = describe_shift(schedule, following)
    if following.is_gap:
        post_text(schedule, _("Nobody is on call for %(schedule)s now, until %(ends)s."), texts)
    elif before.user:
        texts |= {"before": before.user.name}
        post_text(schedule, _("%(name)s is on call for %(schedule)s now, after %(before)s, until %(ends)s."), texts)
    else:
        post_text(schedule, _("%(name)s is on call for %(schedule)s now, until %(ends)s."), texts)


def announce_next_shift(schedule: Schedule, following: UserShift) -> None:
    texts = describe_shift(schedule, following)
    if following.is_gap:
        post_text(schedule, _("From %(begins)s nobody is on call for %(schedule)s."), texts)
    else:
        post_text(schedule, _("%(name)s is on call for %(schedule)s from %(begins)s to %(ends)s."), texts)


def describe_shift(schedule: Schedule, item: UserShift) -> dict[str, str]:
    return {
        "schedule": schedule.name,
        "name": f"@{item.user.handle}" if item.user else "–",
        "begins": timetable.format_local(schedule, item.shift.begins),
        "ends": timetable.format_local(schedule, item.shift.ends),
    }
