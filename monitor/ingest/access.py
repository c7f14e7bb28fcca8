"""Who may look at what comes from outside: as with dashboards, the members of its room; without a room, admins."""

from django.db.models import QuerySet

from accounts.models import User
from chat.access import NotFound, member_rooms
from chat.models import Room
from monitor.access import mine
from monitor.models import Beat, Source


def sources(user: User) -> QuerySet[Source]:
    return Source.objects.filter(mine(user)).select_related("room", "pushed", "scraped").order_by("pk")


def get_source(user: User, key: str) -> Source:
    source = sources(user).filter(key=key).first()
    if source is None:
        raise NotFound
    return source


def beats(user: User) -> QuerySet[Beat]:
    return Beat.objects.filter(mine(user)).select_related("room")


def get_beat(user: User, key: str) -> Beat:
    beat = beats(user).filter(key=key).first()
    if beat is None:
        raise NotFound
    return beat


def rooms_to_give(user: User) -> QuerySet[Room]:
    return member_rooms(user).exclude(kind=Room.Kind.DIRECT).filter(archived_at=None).order_by("name")
