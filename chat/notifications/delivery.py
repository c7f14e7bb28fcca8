"""Stores what members are to be notified of, and tells them when it is due.

A told notification is part of its room's line in the user's sidebar, so tabs find it again however late they look.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from chat.memberships import refresh_sidebars
from chat.models import Membership, Message, Notification, Room
from chat.notifications.channels import Channel, Notified, find_off_channels
from chat.notifications.recipients import find_notifications
from chat.notifications.text import BEGINNING, summarize_messages
from chat.protocol import NotificationState
from chat.readers import Reader, Reading

MAX_DUE = 500  # at once
READ_GRACE = timedelta(seconds=0.5)  # a tab that shows a message has reported it as read by then


class Told(NamedTuple):
    user_id: int
    state: NotificationState
    room: Room
    due_at: datetime
    off_channels: frozenset[str] = frozenset()  # where the user wants nothing of this kind; see channels.py


# Called with what is told, in the transaction that marks it as told.
senders: list[Callable[[Sequence[Told]], object]] = []


def read_room(room: Room, after: int) -> Reading:
    last, notifications = find_notifications(room, after, timezone.now())
    if not notifications:
        return Reading(last)
    return Reading(last, lambda: store_notifications(notifications))


NOTIFICATION_READER = Reader("notifications", "seq", read_room)


@transaction.atomic
def store_notifications(notifications: Sequence[Notification]) -> None:
    """Of one room. A newer message takes the place of an older one, which it does not delay.

    What was stored as urgent may be read again by the worker: it is not told again.
    """
    if not notifications:
        return
    users = [notification.user_id for notification in notifications]
    stored = {
        earlier.user_id: earlier
        for earlier in Notification.objects.select_for_update().filter(room=notifications[0].room_id, user__in=users)
    }
    notifications = [
        notification for notification in notifications if is_news(notification, stored.get(notification.user_id))
    ]
    for notification in notifications:
        earlier = stored.get(notification.user_id)
        if earlier and earlier.told_at is None:
            notification.seq = max(notification.seq, earlier.seq)
            notification.due_at = min(notification.due_at, earlier.due_at)
            notification.is_urgent |= earlier.is_urgent
    Notification.objects.bulk_create(
        notifications,
        update_conflicts=True,
        unique_fields=["user", "room"],
        update_fields=["seq", "is_urgent", "in_tab", "due_at", "told_at"],
    )


def is_news(notification: Notification, stored: Notification | None) -> bool:
    if stored is None or notification.seq > stored.seq:
        return True
    return notification.is_urgent and not stored.is_urgent


def find_next_due() -> datetime | None:
    waiting = Notification.objects.filter(told_at=None).order_by("due_at")
    return waiting.values_list("due_at", flat=True).first()


@transaction.atomic
def tell_due_notifications(now: datetime) -> int:
    """Returns how many were due. Those that were read meanwhile are told no more."""
    rows = Notification.objects.filter(due_at__lte=now, told_at=None).order_by("due_at")
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    due = list(rows[:MAX_DUE])
    replace_deleted(due, now)
    told = add_off_channels(find_unread(due))
    states = {(entry.user_id, entry.room.pk) for entry in told}
    kept = [row.pk for row in due if (row.user_id, row.room_id) in states]
    elsewhere = {(entry.user_id, entry.room.pk) for entry in told if Channel.TAB in entry.off_channels}
    Notification.objects.filter(pk__in=kept).update(told_at=timezone.now())
    if elsewhere:
        silent = [row.pk for row in due if (row.user_id, row.room_id) in elsewhere]
        Notification.objects.filter(pk__in=silent).update(in_tab=False)
    Notification.objects.filter(pk__in={row.pk for row in due}.difference(kept)).delete()
    for send in senders:
        send(told)
    for entry in told:
        refresh_sidebars(entry.room.pk, [entry.user_id])
    return len(due)


def replace_deleted(due: Sequence[Notification], now: datetime) -> None:
    """Where the newest message was deleted, an earlier one may still concern the member."""
    rooms, seqs = {row.room_id for row in due}, {row.seq for row in due}
    deleted = Message.objects.filter(room__in=rooms, seq__in=seqs).exclude(deleted_at=None)
    gone = set(deleted.values_list("room_id", "seq"))
    found: dict[tuple[int, int], list[Notification]] = {}  # by room and read mark
    for row in due:
        if (row.room_id, row.seq) not in gone:
            continue
        read = Membership.objects.filter(room=row.room_id, user=row.user_id).values_list("last_read", flat=True).first()
        key = (row.room_id, read or 0)
        if key not in found:
            found[key] = find_notifications(row.room, key[1], now)[1]
        earlier = next((other for other in found[key] if other.user_id == row.user_id), None)
        if earlier:
            row.seq = earlier.seq
            row.save(update_fields=["seq"])


def find_unread(notifications: Iterable[Notification]) -> list[Told]:
    """Those that are still unread by a member."""
    rows = {(row.user_id, row.room_id): row for row in notifications}
    users, rooms = ({key[part] for key in rows} for part in (0, 1))
    memberships = Membership.objects.filter(user__in=users, room__in=rooms, active=True, user__is_active=True)
    seqs = {row.seq for row in rows.values()}
    messages = {
        (message.room_id, message.seq): message
        for message in Message.objects.filter(room__in=rooms, seq__in=seqs, deleted_at=None)
        .annotate(beginning=BEGINNING)
        .defer("body", "html", "card")
        .select_related("author", "room")
    }
    texts = summarize_messages({message.pk: message.beginning for message in messages.values()})
    told = []
    for user_id, room_id, last_read in memberships.values_list("user_id", "room_id", "last_read"):
        row = rows.get((user_id, room_id))
        message = messages.get((room_id, row.seq)) if row else None
        if row and message and row.seq > last_read:
            told.append(Told(user_id, make_state(row, message, texts[message.pk]), message.room, row.due_at))
    return told


def add_off_channels(told: Sequence[Told]) -> list[Told]:
    """What is urgent is told everywhere."""
    off = find_off_channels([Notified(entry.user_id, entry.room, entry.state.seq) for entry in told])
    return [
        entry
        if entry.state.urgent
        else entry._replace(off_channels=off.get((entry.user_id, entry.room.pk), frozenset()))
        for entry in told
    ]


def make_state(notification: Notification, message: Message, text: str) -> NotificationState:
    return NotificationState(
        seq=message.seq,
        author=message.author.name,
        text=text,
        urgent=notification.is_urgent,
    )
