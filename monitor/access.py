"""Who may look at what: a dashboard belongs to a room and is seen by its members; without a room, by admins."""

from django.db.models import Q, QuerySet

from accounts.models import User
from chat.access import NotFound, member_rooms
from monitor.dashboards import AUTOMATIC
from monitor.models import Source


def sources_of(user: User) -> QuerySet[Source]:
    mine = Q(room__in=member_rooms(user).values("pk"))
    return Source.objects.filter(Q(key__in=AUTOMATIC), mine | Q(room=None) if user.is_admin else mine).order_by("pk")


def get_source(user: User, key: str) -> Source:
    source = sources_of(user).filter(key=key).first()
    if source is None:
        raise NotFound
    return source
