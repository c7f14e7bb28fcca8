"""Members of a room see its sources and heartbeats. Admins also see those without a room."""

from django.db.models import Q, QuerySet

from accounts.models import User
from chat.access import member_rooms
from chat.models import Room
from monitor.metrics.models import Beat, Source
from myweb.errors import get_or_not_found


def visible_to(user: User) -> Q:
    """The filter works for any model with a field ``room``."""
    in_their_rooms = Q(room__in=member_rooms(user).values("pk"))
    return in_their_rooms | Q(room=None) if user.is_admin else in_their_rooms


def assignable_rooms(user: User) -> QuerySet[Room]:
    """A user may assign a dashboard, a source or a rule to these rooms."""
    return member_rooms(user).exclude(kind=Room.Kind.DIRECT).filter(archived_at=None)


def get_visible_sources(user: User) -> QuerySet[Source]:
    return Source.objects.filter(visible_to(user)).select_related("room", "pushed", "scraped").order_by("pk")


def get_source(user: User, key: str) -> Source:
    return get_or_not_found(get_visible_sources(user), key=key)


def get_visible_beats(user: User) -> QuerySet[Beat]:
    return Beat.objects.filter(visible_to(user)).select_related("room")


def get_beat(user: User, key: str) -> Beat:
    return get_or_not_found(get_visible_beats(user), key=key)
