"""Who may look at what comes from outside: as with dashboards, the members of its room; without a room, admins."""

from django.db.models import QuerySet

from accounts.models import User
from monitor.dashboards.access import mine, sources_of
from monitor.metrics.models import Beat, Source
from myweb.errors import get_or_not_found


def sources(user: User) -> QuerySet[Source]:
    return sources_of(user).select_related("room", "pushed", "scraped")


def get_source(user: User, key: str) -> Source:
    return get_or_not_found(sources(user), key=key)


def beats(user: User) -> QuerySet[Beat]:
    return Beat.objects.filter(mine(user)).select_related("room")


def get_beat(user: User, key: str) -> Beat:
    return get_or_not_found(beats(user), key=key)
