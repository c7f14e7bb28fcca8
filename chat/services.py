"""Services that change rooms and their members. For messages see ``message_services.py``."""

import logging
from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat import access
from chat.memberships import admit_users, end_membership, record_member, record_room, refresh_sidebars
from chat.models import Membership, Message, Room
from chat.room_log import lock_room
from myweb.errors import NotFound, Refused
from myweb.text_cleaning import clean_name

logger = logging.getLogger(__name__)

REMOVED_AT_ONCE = 1_000  # messages


@transaction.atomic
def create_room(by: User, *, name: str, kind: str, description: str = "", welcome: bool = False) -> Room:
    """An open or private room whose first member is its maker."""
    if kind not in {Room.Kind.OPEN, Room.Kind.PRIVATE}:
        raise Refused("invalid", _("A room must be open or private."))
    welcome = welcome and by.is_admin and kind == Room.Kind.OPEN
    room = Room.objects.create(
        kind=kind, name=check_room_name(name), description=clean_name(description), welcome=welcome, created_by=by
    )
    with lock_room(room.pk) as log:
        admit_users(log, [by])
    room.refresh_from_db()
    return room


def open_direct(by: User, people: Iterable[User]) -> Room:
    """The direct room of exactly these users and ``by``; created if it does not exist."""
    everyone = {person.pk: person for person in [by, *people] if person.is_active and not person.is_bot}
    key = "-".join(str(number) for number in sorted(everyone))
    if len(everyone) > 10:
        raise Refused("invalid", _("A direct conversation can have up to ten people. Create a private room for more."))
    room = Room.objects.filter(direct_key=key).first()
    if room:
        return room
    try:
        with transaction.atomic():
            room = Room.objects.create(kind=Room.Kind.DIRECT, direct_key=key)
            with lock_room(room.pk) as log:
                admit_users(log, list(everyone.values()))
    except IntegrityError:  # another of them was faster
        room = Room.objects.get(direct_key=key)
    return room


def update_room(by: User, room: Room, *, name: str, description: str, welcome: bool) -> None:
    access.check_may_manage_room(by, room)
    with lock_room(room.pk) as log:
        log.room.name, log.room.description = check_room_name(name), clean_name(description)
        log.room.welcome = welcome and log.room.kind == Room.Kind.OPEN if by.is_admin else log.room.welcome
        record_room(log)


def archive_room(by: User, room: Room, archived: bool) -> None:
    access.check_may_manage_room(by, room)
    with lock_room(room.pk) as log:
        log.room.archived_at = timezone.now() if archived else None
        record_room(log)


def join_room(by: User, room: Room) -> None:
    if room.kind != Room.Kind.OPEN or room.archived_at:
        raise NotFound
    with lock_room(room.pk) as log:
        admit_users(log, [by])


def leave_room(by: User, room: Room) -> None:
    if room.is_direct:
        raise Refused("forbidden", _("You can't leave a direct conversation."))
    with lock_room(room.pk) as log:
        end_membership(log, by)


def set_favourite(user_id: int, room_id: int, favourite: bool) -> None:
    """Lists the room first in the sidebar, on all tabs and devices of the user."""
    access.check_member(user_id, room_id)
    changed = Membership.objects.filter(room=room_id, user=user_id, active=True).exclude(favourite=favourite)
    if changed.update(favourite=favourite):
        refresh_sidebars(room_id, [user_id])


def is_last_member(by: User, room: Room) -> bool:
    others = room.memberships.filter(active=True, user__is_active=True).exclude(user=by)
    return not others.exists()


def remove_memberless_room(by: User, room: Room) -> None:
    """Removes the room and its messages. ``room`` comes from :func:`access.get_memberless_room`."""
    logger.warning("%s removed the room %r (%d), which had no members", by.handle, room.name, room.pk)
    messages = Message.objects.filter(room=room).order_by("pk").values_list("pk", flat=True)
    while batch := list(messages[:REMOVED_AT_ONCE]):
        Message.objects.filter(pk__in=batch).delete()
    room.delete()


def add_members(by: User, room: Room, people: Sequence[User]) -> None:
    """Any member may add others; the caller has checked that ``by`` is one."""
    if room.is_direct:
        raise Refused("forbidden", _("The members of a direct conversation can't change. Start a new one."))
    if any(not person.is_active or person.is_bot for person in people):
        raise Refused("invalid", _("Someone in this list has no active account."))
    with lock_room(room.pk) as log:
        log.check_writable()
        admit_users(log, people)


def remove_member(by: User, room: Room, user: User) -> None:
    access.check_may_manage_room(by, room)
    with lock_room(room.pk) as log:
        end_membership(log, user)


def join_welcome_rooms(user: User) -> None:
    """Adds a new user to the rooms for newcomers. The owner of a new workspace creates the first one."""
    if user.memberships.exists():
        return
    rooms = Room.objects.filter(welcome=True, archived_at=None, kind=Room.Kind.OPEN)
    for room in rooms:
        with lock_room(room.pk) as log:
            admit_users(log, [user])
    if user.is_owner and not Room.objects.exists():
        create_room(user, name=str(_("general")), kind=Room.Kind.OPEN, description=str(_("For everyone")), welcome=True)


def record_user_change(user: User) -> None:
    """Records the new name, colour or handle of a user in all their rooms."""
    for room_id in user.memberships.order_by("room_id").values_list("room_id", flat=True):
        with lock_room(room_id) as log:
            record_member(log, Membership.objects.get(room=room_id, user=user))


def check_room_name(name: str) -> str:
    name = clean_name(name)
    if not name:
        raise Refused("invalid", _("A room needs a name."))
    if len(name) > 60:
        raise Refused("invalid", _("A room name can have at most 60 characters."))
    return name
