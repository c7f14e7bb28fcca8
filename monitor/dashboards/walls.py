"""Who looks at dashboards by a link, without an account: a screen on a wall."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from monitor.dashboards import access
from monitor.dashboards.models import Wall

NOTED_EVERY = timedelta(seconds=30)


def admit(held: set[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those (number, cookie) pairs that open a wall which nobody has revoked. Notes by the way that it is looked at."""
    walls = access.open_walls().in_bulk({number for number, _cookie in held if number > 0})
    allowed = {(number, cookie) for number, cookie in held if number in walls and walls[number].accepts(cookie)}
    note_seen({number for number, _cookie in allowed})
    return allowed


def note_seen(numbers: set[int]) -> None:
    now = timezone.now()
    old = Q(seen_at=None) | Q(seen_at__lt=now - NOTED_EVERY)
    if numbers:
        Wall.objects.filter(old, pk__in=numbers).update(seen_at=now)
