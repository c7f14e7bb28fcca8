"""Who may look at what comes from outside: as with dashboards, the members of its room; without a room, admins."""

from django.db.models import QuerySet

from accounts.models import User
from chat.access import pick
from monitor.dashboards.access import mine, sources_of
from monitor.models import Beat, Source


def sources(user: User) -> QuerySet[Source]:
    return sources_of(user).select_related("room", "pushed", "scraped")


def get_source(user: User, key: str) -> Source:
    return pick(sources(user), key=key)


def beats(user: User) -> QuerySet[Beat]:
    return Beat.objects.filter(mine(user)).select_related("room")


def get_beat(user: User, key: str) -> Beat:
    return pick(beats(user), key=key)
