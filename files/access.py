"""Access checks: every way to a file gets it here. What a user may not see does not exist for them."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat import access as rooms
from chat.models import Membership, Room
from files.models import File, Kind, State
from myweb.errors import Refused, get_or_not_found


def get_room_for_upload(user: User, room_id: int) -> Room:
    """A room in which the user may post now."""
    room = rooms.get_room(user, room_id)
    if room.archived_at:
        raise Refused("forbidden", _("This room is archived and read-only."))
    return room


def list_unattached_files(user: User) -> QuerySet[File]:
    """The user's own files that no message has, in rooms of theirs."""
    return File.objects.filter(owner=user, message=None, room__in=select_rooms(user))


def get_upload(user: User, file_id: UUID) -> File:
    return get_or_not_found(list_unattached_files(user), pk=file_id)


def get_file(user: User, file_id: UUID) -> File:
    """A file that has bytes, in a message of a room that the user may read now, or their own before it is sent."""
    readable = File.objects.filter(room__in=select_rooms(user), state=State.READY)
    return get_or_not_found(
        readable.filter(Q(message__isnull=False, message__deleted_at=None) | Q(message=None, owner=user)), pk=file_id
    )


def get_own_video(user: User, file_id: UUID) -> File:
    """One that the user may read now, too."""
    return get_or_not_found(File.objects.filter(owner=user, kind=Kind.VIDEO), pk=get_file(user, file_id).pk)


def list_own_files(user: User) -> QuerySet[File]:
    """Also those in rooms that the user has left: they count towards the limit."""
    return File.objects.filter(owner=user)


def get_own_file(user: User, file_id: UUID) -> File:
    return get_or_not_found(list_own_files(user).select_related("room"), pk=file_id)


def select_rooms(user: User) -> QuerySet[Membership, int]:
    return Membership.objects.filter(user=user, active=True).values_list("room_id", flat=True)
