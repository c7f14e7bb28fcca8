"""The doors: every room and message is reached through one of these, by somebody who may have it.

For a stranger a private room, a foreign message and one that never was are the same: not found.
"""

from typing import Any, TypeVar

from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Membership, Message, Room
from myweb.compiled import Compiled, blank
from realtime.protocol import Refused


class NotFound(Refused, Http404):
    """A page answers 404, a socket answers ``not_found``."""

    def __init__(self) -> None:
        super().__init__("not_found", _("Not found, or you don't have access."))


Found = TypeVar("Found", bound=Model)


def pick(among: QuerySet[Found], **by: Any) -> Found:
    """The only one, of those that somebody may have; raises :class:`NotFound`."""
    found = among.filter(**by).first()
    if found is None:
        raise NotFound
    return found


def for_admins(user: User) -> None:
    """To others there is no such page."""
    if not user.is_admin:
        raise NotFound


def member_rooms(user: User) -> QuerySet[Room]:
    return Room.objects.filter(memberships__user=user, memberships__active=True)


rooms_of_members = Compiled(
    lambda: Room.objects.filter(pk=blank("room"), memberships__user=blank("user"), memberships__active=True).order_by()
)


def joinable_rooms(user: User) -> QuerySet[Room]:
    return Room.objects.filter(kind=Room.Kind.OPEN, archived_at=None).exclude(pk__in=member_rooms(user).values("pk"))


def memberless_rooms(user: User) -> QuerySet[Room]:
    """Private rooms that nobody can open any more: their members left or are deactivated. Only for admins."""
    for_admins(user)
    inside = Membership.objects.filter(room=OuterRef("pk"), active=True, user__is_active=True)
    return Room.objects.filter(~Exists(inside), kind=Room.Kind.PRIVATE).order_by("name", "pk")


def get_memberless_room(user: User, room_id: int) -> Room:
    return pick(memberless_rooms(user), pk=room_id)


def get_room(user: User, room_id: int) -> Room:
    for room in rooms_of_members(user=user.pk, room=room_id):
        return room
    raise NotFound


def get_open_room(user: User, room_id: int) -> Room:
    """A room that may be joined, or is one's own already."""
    room = joinable_rooms(user).filter(pk=room_id).first()
    return room or get_room(user, room_id)


def get_message(user_id: int, message_id: int) -> Message:
    """A message that still stands, in a room of this person's."""
    theirs = Message.objects.filter(room__memberships__user=user_id, room__memberships__active=True)
    return pick(theirs.select_related("room"), pk=message_id, deleted_at=None)


def check_member(user_id: int, room_id: int) -> None:
    # Asked of the room: a number too large for any key finds nothing there, where a foreign key would choke on it.
    if not Room.objects.filter(pk=room_id, memberships__user=user_id, memberships__active=True).exists():
        raise NotFound
