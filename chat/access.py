"""Access checks: every view, command and service gets rooms and messages here.

A private room, a message of another room and one that never existed give the same answer: not found.
"""

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.access import check_admin
from accounts.models import User
from chat.models import Membership, Message, Room
from chat.room_list import ListedRoom, read_listed_rooms
from myweb.errors import NotFound, Refused, get_or_not_found
from myweb.prepared_queries import PreparedQuery, query_parameter


def member_rooms(user: User) -> QuerySet[Room]:
    return Room.objects.filter(memberships__user=user.pk, memberships__active=True)


rooms_of_members = PreparedQuery(
    lambda: Room.objects.filter(
        pk=query_parameter("room"), memberships__user=query_parameter("user"), memberships__active=True
    ).order_by()
)


def joinable_rooms(user: User) -> QuerySet[Room]:
    return Room.objects.filter(kind=Room.Kind.OPEN, archived_at=None).exclude(pk__in=member_rooms(user).values("pk"))


def list_rooms(user: User) -> list[ListedRoom]:
    """The rooms of the user and those of :func:`joinable_rooms`, by name, with the numbers of their members."""
    return read_listed_rooms(user.pk)


def memberless_rooms(user: User) -> QuerySet[Room]:
    """Private rooms without active members. Only for admins."""
    check_admin(user)
    inside = Membership.objects.filter(room=OuterRef("pk"), active=True, user__is_active=True)
    return Room.objects.filter(~Exists(inside), kind=Room.Kind.PRIVATE).order_by("name", "pk")


def get_memberless_room(user: User, room_id: int) -> Room:
    return get_or_not_found(memberless_rooms(user), pk=room_id)


def get_room(user: User, room_id: int) -> Room:
    for room in rooms_of_members(user=user.pk, room=room_id):
        return room
    raise NotFound


def get_open_room(user: User, room_id: int) -> Room:
    """A room that the user may join or is a member of."""
    room = joinable_rooms(user).filter(pk=room_id).first()
    return room or get_room(user, room_id)


def may_manage_room(by: User, room: Room) -> bool:
    return not room.is_direct and (by.is_admin or room.created_by_id == by.pk)


def check_may_manage_room(by: User, room: Room) -> None:
    if not may_manage_room(by, room):
        raise Refused("forbidden", _("Only admins and the creator of the room can do this."))


def get_message(user_id: int, message_id: int) -> Message:
    """A message that is not deleted, in a room of this user."""
    messages = Message.objects.filter(room__memberships__user=user_id, room__memberships__active=True)
    return get_or_not_found(messages.select_related("room"), pk=message_id, deleted_at=None)


def get_own_message(user_id: int, message_id: int) -> Message:
    message = get_message(user_id, message_id)
    if message.author_id != user_id:
        raise Refused("forbidden", _("Only the author can edit a message."))
    return message


def get_editable_message(user_id: int, message_id: int) -> Message:
    message = get_own_message(user_id, message_id)
    if message.card is not None:
        raise Refused("forbidden", _("Cards can't be edited. Reply instead."))
    return message


def get_deletable_message(by: User, message_id: int) -> Message:
    message = get_message(by.pk, message_id)
    if message.author_id != by.pk and not by.is_admin:
        raise Refused("forbidden", _("Only the author or an admin can delete a message."))
    return message


def check_member(user_id: int, room_id: int) -> None:
    # The query starts at the room: a number that is too large for a key finds no room, but breaks a foreign key filter.
    if not Room.objects.filter(pk=room_id, memberships__user=user_id, memberships__active=True).exists():
        raise NotFound
