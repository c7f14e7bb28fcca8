"""Schedules for tests."""

from datetime import time, timedelta

from django.utils import timezone

from accounts.models import User
from chat.models import Room
from monitor.oncall.models import Schedule
from myweb.times import find_zone, to_wall

ZONE = "Europe/Berlin"


def make_schedule(room: Room, *people: User, name: str = "Primary") -> Schedule:
    """A week each. The first is on call since yesterday, so no hand-over is near."""
    yesterday = to_wall(timezone.now(), find_zone(ZONE)).date() - timedelta(days=1)
    return Schedule.objects.create(
        name=name,
        room=room,
        zone=ZONE,
        at=time(9),
        weekdays=[yesterday.weekday()],
        people=[user.pk for user in people],
        begins_on=yesterday,
    )
