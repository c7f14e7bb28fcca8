"""Viewers without an account: screens on a wall."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from monitor.dashboards import access
from monitor.dashboards.models import Wall

MAX_WALLS = 100  # in the workspace
ROTATION_LIMITS = (5, 3600)  # seconds for each dashboard; walls.html and wall.js have them, too
RECORD_EVERY = timedelta(seconds=30)  # the time of the last visit


def filter_wall_guests(cookies: set[tuple[int, str]]) -> set[tuple[int, str]]:
    """Returns the (number, cookie) pairs that open a valid wall. It also records the visit."""
    walls = access.list_open_walls().in_bulk({number for number, _cookie in cookies if number > 0})
    allowed = {(number, cookie) for number, cookie in cookies if number in walls and walls[number].accepts(cookie)}
    record_wall_visits({number for number, _cookie in allowed})
    return allowed


def record_wall_visits(numbers: set[int]) -> None:
    now = timezone.now()
    old = Q(seen_at=None) | Q(seen_at__lt=now - RECORD_EVERY)
    if numbers:
        Wall.objects.filter(old, pk__in=numbers).update(seen_at=now)
