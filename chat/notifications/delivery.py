"""Stores what members are to be notified of, and tells it to their tabs when it is due."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from html import unescape

from django.db import connection, transaction
from django.utils.html import strip_tags

from chat.models import Membership, Message, Notification, Room
from chat.notifications.mail_queue import schedule_mails
from chat.notifications.recipients import find_notifications
from chat.protocol import NotificationState
from realtime.protocol import Event, encode
from realtime.publish import publish_event

MAX_TEXT = 140  # characters
MAX_HTML = 4_096  # characters that the text is looked for in
MAX_DUE = 500  # at once


@transaction.atomic
def store_notifications(room: Room, after: int, now: datetime) -> int:
    """Returns the seq up to which messages were looked at. A newer message takes the place of an older one."""
    last, notifications = find_notifications(room, after, now)
    users = [notification.user_id for notification in notifications]
    waiting = {
        earlier.user_id: earlier
        for earlier in Notification.objects.select_for_update().filter(room=room, user__in=users)
    }
    for notification in notifications:
        if earlier := waiting.get(notification.user_id):
            notification.due_at = min(notification.due_at, earlier.due_at)
            notification.is_urgent |= earlier.is_urgent
    Notification.objects.bulk_create(
        notifications,
        update_conflicts=True,
        unique_fields=["user", "room"],
        update_fields=["seq", "is_urgent", "due_at"],
    )
    return last


@transaction.atomic
def tell_due_notifications(now: datetime) -> int:
    """Returns how many were due. They are told at least once; a tab knows a repeated one by its seq."""
    rows = Notification.objects.filter(due_at__lte=now).order_by("due_at")
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    due = list(rows[:MAX_DUE])
    for user_id, state in build_states(due):
        event = encode(Event("me", 0, "notification", state)).decode()
        publish_event(f"user.{user_id}", {"topic": f"me.{user_id}", "first": 0, "events": [event]})
    schedule_mails(due, now)
    Notification.objects.filter(pk__in=[notification.pk for notification in due]).delete()
    return len(due)


def build_states(due: Iterable[Notification]) -> Iterator[tuple[int, NotificationState]]:
    """(user, state) of those that are still unread by a member."""
    notifications = {(notification.user_id, notification.room_id): notification for notification in due}
    users, rooms = ({key[part] for key in notifications} for part in (0, 1))
    memberships = Membership.objects.filter(user__in=users, room__in=rooms, active=True, user__is_active=True)
    messages = {
        (message.room_id, message.seq): message
        for message in Message.objects.filter(
            room__in=rooms, seq__in={notification.seq for notification in notifications.values()}, deleted_at=None
        ).select_related("author", "room")
    }
    for user_id, room_id, last_read in memberships.values_list("user_id", "room_id", "last_read"):
        notification = notifications.get((user_id, room_id))
        message = messages.get((room_id, notification.seq)) if notification else None
        if notification and message and notification.seq > last_read:
            yield (
                user_id,
                NotificationState(
                    room=room_id,
                    seq=notification.seq,
                    author=message.author.name,
                    text=shorten_text(message.html),
                    urgent=notification.is_urgent,
                ),
            )


def shorten_text(html: str) -> str:
    text = " ".join(unescape(strip_tags(html[:MAX_HTML])).split())
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1].rstrip()}…"
