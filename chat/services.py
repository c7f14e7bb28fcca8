"""What can be done with rooms and their members. Refuses with a sentence for a person. For messages see messages.py."""

import logging
from collections.abc import Iterable, Sequence
from functools import partial

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.access import NotFound
from chat.log import Log, lock
from chat.messages import tell
from chat.models import Membership, Message, Room
from chat.states import member_state, room_state
from myweb.text import clean_name
from realtime.protocol import Refused

logger = logging.getLogger(__name__)

REMOVED_AT_ONCE = 1_000  # messages


@transaction.atomic
def create_room(by: User, *, name: str, kind: str, description: str = "", welcome: bool = False) -> Room:
    """An open or private room whose first member is its maker."""
    if kind not in {Room.Kind.OPEN, Room.Kind.PRIVATE}:
        raise Refused("invalid", _("A room must be open or private."))
    welcome = welcome and by.is_admin and kind == Room.Kind.OPEN
    room = Room.objects.create(
        kind=kind, name=check_name(name), description=clean_name(description), welcome=welcome, created_by=by
    )
    with lock(room.pk) as log:
        enter(log, [by])
    room.refresh_from_db()
    return room


def open_direct(by: User, people: Iterable[User]) -> Room:
    """The conversation of exactly these people and the one who asks; made when it is not there yet."""
    everyone = {person.pk: person for person in [by, *people] if person.is_active and not person.is_program}
    key = "-".join(str(number) for number in sorted(everyone))
    if len(everyone) > 10:
        raise Refused("invalid", _("A direct conversation can have up to ten people. Create a private room for more."))
    room = Room.objects.filter(direct_key=key).first()
    if room:
        return room
    try:
        with transaction.atomic():
            room = Room.objects.create(kind=Room.Kind.DIRECT, direct_key=key)
            with lock(room.pk) as log:
                enter(log, list(everyone.values()))
    except IntegrityError:  # somebody else of them was faster
        room = Room.objects.get(direct_key=key)
    return room


def update_room(by: User, room: Room, *, name: str, description: str, welcome: bool) -> None:
    check_may_manage(by, room)
    with lock(room.pk) as log:
        log.room.name, log.room.description = check_name(name), clean_name(description)
        log.room.welcome = welcome and log.room.kind == Room.Kind.OPEN if by.is_admin else log.room.welcome
        changed(log)


def archive_room(by: User, room: Room, archived: bool) -> None:
    check_may_manage(by, room)
    with lock(room.pk) as log:
        log.room.archived_at = timezone.now() if archived else None
        changed(log)


def changed(log: Log) -> None:
    log.room.own_rev = log.next_rev()
    log.record(log.room.rev, "room.updated", room_state(log.room))
    members = log.room.memberships.filter(active=True).values_list("user_id", flat=True)
    announce(log.room.pk, list(members))


def join(by: User, room: Room) -> None:
    if room.kind != Room.Kind.OPEN or room.archived_at:
        raise NotFound
    with lock(room.pk) as log:
        enter(log, [by])


def leave(by: User, room: Room) -> None:
    if room.is_direct:
        raise Refused("forbidden", _("You can't leave a direct conversation."))
    with lock(room.pk) as log:
        depart(log, by)


def is_last_member(by: User, room: Room) -> bool:
    others = room.memberships.filter(active=True, user__is_active=True).exclude(user=by)
    return not others.exists()


def remove_memberless_room(by: User, room: Room) -> None:
    """With all that was said in it. ``room`` comes from :func:`access.get_memberless_room`."""
    logger.warning("%s removed the room %r (%d), which had no members", by.handle, room.name, room.pk)
    messages = Message.objects.filter(room=room).order_by("pk").values_list("pk", flat=True)
    while batch := list(messages[:REMOVED_AT_ONCE]):
        Message.objects.filter(pk__in=batch).delete()
    room.delete()


def add_members(by: User, room: Room, people: Sequence[User]) -> None:
    """Any member may bring others in; ``by`` has come through the door already."""
    if room.is_direct:
        raise Refused("forbidden", _("The members of a direct conversation can't change. Start a new one."))
    if any(not person.is_active or person.is_program for person in people):
        raise Refused("invalid", _("Someone in this list has no active account."))
    with lock(room.pk) as log:
        log.check_writable()
        enter(log, people)


def remove_member(by: User, room: Room, person: User) -> None:
    check_may_manage(by, room)
    with lock(room.pk) as log:
        depart(log, person)


def welcome(user: User) -> None:
    """A newcomer joins the rooms that are meant for them. The owner of a new house makes the first one."""
    if user.memberships.exists():
        return
    rooms = Room.objects.filter(welcome=True, archived_at=None, kind=Room.Kind.OPEN)
    for room in rooms:
        with lock(room.pk) as log:
            enter(log, [user])
    if user.is_owner and not Room.objects.exists():
        create_room(user, name=str(_("general")), kind=Room.Kind.OPEN, description=str(_("For everyone")), welcome=True)


def person_changed(person: User) -> None:
    """Tells every room of a person their new name, colour or handle."""
    for room_id in person.memberships.order_by("room_id").values_list("room_id", flat=True):
        with lock(room_id) as log:
            record_member(log, Membership.objects.get(room=room_id, user=person))


def check_name(name: str) -> str:
    name = clean_name(name)
    if not name:
        raise Refused("invalid", _("A room needs a name."))
    if len(name) > 60:
        raise Refused("invalid", _("A room name can have at most 60 characters."))
    return name


def may_manage(by: User, room: Room) -> bool:
    return not room.is_direct and (by.is_admin or room.created_by_id == by.pk)


def check_may_manage(by: User, room: Room) -> None:
    if not may_manage(by, room):
        raise Refused("forbidden", _("Only admins and the creator of the room can do this."))


def enter(log: Log, people: Sequence[User]) -> None:
    """Makes people members. What was said before counts as read."""
    for person in people:
        membership, made = Membership.objects.get_or_create(
            room=log.room, user=person, defaults={"last_read": log.room.seq}
        )
        if made or not membership.active:
            membership.active = True
            membership.last_read = log.room.seq
            record_member(log, membership)
            announce(log.room.pk, [person.pk])


def depart(log: Log, person: User) -> None:
    membership = Membership.objects.filter(room=log.room, user=person, active=True).first()
    if membership:
        membership.active = False
        announce(log.room.pk, [person.pk], gone=True)
        record_member(log, membership)


def record_member(log: Log, membership: Membership) -> None:
    membership.rev = log.next_rev()
    membership.save(update_fields=["rev", "active", "last_read"])
    log.record(membership.rev, "member.updated", member_state(membership))


def announce(room_id: int, people: Iterable[int], gone: bool = False) -> None:
    """Has the sidebars of these people follow, after the commit."""
    for user_id in people:
        transaction.on_commit(partial(tell, user_id, room_id, gone=gone))
