"""The schedule of the demo workspace: a week each, and one day that another user takes."""

from collections.abc import Mapping
from datetime import time

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from chat.models import Room
from monitor.oncall import services, timetable
from monitor.oncall.rotation import DAY

HANDLES = ("ada", "ben", "mira", "张伟")
HAND_OVER = {"zone": settings.TIME_ZONE, "at": time(16), "weekdays": [0], "length": 1}


def make_sample_schedule(people: Mapping[str, User], rooms: Mapping[str, Room]) -> None:
    owner, turns = people["ada"], [people[handle].pk for handle in HANDLES]
    values = {"name": "Primary", "room": rooms["operations"], "people": turns, **HAND_OVER}
    schedule = services.save_schedule(owner, None, values)
    wednesday = timetable.find_shift(schedule, timezone.now() + 7 * DAY).begins + 2 * DAY
    services.add_override(owner, schedule, people["yuki.mori"], wednesday, wednesday + DAY)
