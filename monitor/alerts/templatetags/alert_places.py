from typing import NamedTuple

from django import template

from accounts.models import User
from monitor.alerts import access
from monitor.alerts.evaluation import AlertState
from monitor.alerts.views import is_silence_active

register = template.Library()


class PlaceCounts(NamedTuple):
    firing: int
    rules: int
    silences: int


@register.simple_tag
def count_places(user: User) -> PlaceCounts:
    """What the tabs of the pages about alerts count."""
    silences = access.silences_of(user).filter(ended_at=None)
    return PlaceCounts(
        access.alerts_of(user).filter(ended_at=None, state=AlertState.FIRING).count(),
        access.rules_of(user).count(),
        sum(is_silence_active(silence) for silence in silences),
    )
