"""Writes memberships while the room is locked. ``services.py`` decides who may change them."""

from collections.abc import Iterable, Sequence
from functools import partial

from django.db import transaction

from accounts.models import User
from chat.models import Membership
from chat.room_log import RoomLog
from chat.serializers import serialize_member, serialize_room
from realtime.publish import publish_event

MAX_CARRIED = 200  # people of a room, present and former, that its snapshot carries; above it the room is large


def admit_users(log: RoomLog, users: Sequence[User]) -> None:
    """Makes users members of the room. Earlier messages count as read."""
    for user in users:
        membership, is_new = Membership.objects.get_or_create(
            room=log.room, user=user, defaults={"last_read": log.room.seq}
        )
        if is_new or not membership.active:
            membership.active = True
            membership.last_read = log.room.seq
            record_member(log, membership)
            refresh_sidebars(log.room.pk, [user.pk])
    if not log.room.large and Membership.objects.filter(room=log.room)[MAX_CARRIED : MAX_CARRIED + 1]:
        log.room.large = True
        record_room(log)


def end_membership(log: RoomLog, user: User) -> None:
    membership = Membership.objects.filter(room=log.room, user=user, active=True).first()
    if membership:
        membership.active = False
        refresh_sidebars(log.room.pk, [user.pk], gone=True)
        record_member(log, membership)


def add_author(log: RoomLog, user_id: int) -> None:
    """Lists an author who is no member among the former members, so that the page knows the name."""
    membership, is_new = Membership.objects.get_or_create(room=log.room, user_id=user_id, defaults={"active": False})
    if is_new:
        record_member(log, membership)


def record_member(log: RoomLog, membership: Membership) -> None:
    membership.rev = log.next_rev()
    membership.save(update_fields=["rev", "active", "last_read"])
    log.changes_members = True
    log.record(membership.rev, "member.updated", serialize_member(membership))


def record_room(log: RoomLog) -> None:
    log.room.own_rev = log.next_rev()
    log.record(log.room.rev, "room.updated", serialize_room(log.room))


def refresh_sidebars(room_id: int, user_ids: Iterable[int], gone: bool = False) -> None:
    """Updates the line of this room in the users' sidebars, after the commit."""
    for user_id in user_ids:
        transaction.on_commit(partial(notify_sidebar, user_id, room_id, gone=gone))


def notify_sidebar(user_id: int, room_id: int, gone: bool = False) -> None:
    """Tells every process with a socket of this user to read a line of their sidebar again."""
    publish_event(f"user.{user_id}", {"topic": f"me.{user_id}", "note": {"room": room_id, "gone": gone}})
