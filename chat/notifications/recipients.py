"""Finds the members who are to be notified of new messages of a room.

The cost grows with the messages and with the members who want all of them, not with the size of the room.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Role
from chat.models import Level, Membership, Mention, Message, Notification, NotificationSettings, Room
from chat.notifications.decision import DEFAULT_LEVELS, Occasion, Outcome, Recipient, decide
from chat.notifications.quiet_hours import read_quiet_hours
from myweb.times import to_datetime

MAX_MESSAGES = 500  # at once


def find_notifications(room: Room, after: int, now: datetime) -> tuple[int, list[Notification]]:
    """Returns the seq up to which messages were looked at, and what their readers are to be notified of.

    A member gets one notification, of the newest message that concerns them.
    """
    messages = list(
        Message.objects.filter(room=room, seq__gt=after)
        .order_by("seq")
        .only("seq", "author", "reply_author", "deleted_at", "urgent_at")[:MAX_MESSAGES]
    )
    if not messages:
        return after, []
    last = messages[-1].seq
    standing = [message for message in messages if message.deleted_at is None]
    addressed = find_addressed(room, standing, last)
    notifications = [
        notification
        for membership in list_candidates(room, addressed, any(message.urgent_at for message in standing))
        if (notification := choose_notification(room, membership, standing, addressed, now))
    ]
    return last, notifications


def find_addressed(room: Room, messages: Sequence[Message], last: int) -> dict[int, set[int]]:
    """User -> the seqs that mention them or reply to them."""
    addressed: dict[int, set[int]] = {}
    seqs = {message.seq for message in messages}
    mentions = Mention.objects.filter(room=room, seq__in=seqs).values_list("user_id", "seq")
    replies = [(message.reply_author_id, message.seq) for message in messages if message.reply_author_id]
    for user_id, seq in [*mentions, *replies]:
        addressed.setdefault(user_id, set()).add(seq)
    return addressed


def find_addressed_users(room: Room, seqs: Iterable[int]) -> dict[int, set[int]]:
    messages = list(Message.objects.filter(room=room, seq__in=seqs).only("seq", "reply_author"))
    return find_addressed(room, messages, max((message.seq for message in messages), default=0))


def list_candidates(room: Room, addressed: Iterable[int], is_urgent: bool) -> "QuerySet[Membership]":
    """An urgent message concerns every member: it is one of a conversation of two."""
    setting = "user__notification_settings"
    default = Q(**{f"{setting}__{'direct_level' if room.is_direct else 'room_level'}": Level.ALL})
    if DEFAULT_LEVELS[Room.Kind(room.kind)] == Level.ALL:
        default |= Q(**{setting: None})
    wants_all = Q(level=Level.ALL) | (Q(level="") & default)
    memberships = Membership.objects.filter(room=room, active=True)
    if not is_urgent:
        memberships = memberships.filter(wants_all | Q(user__in=list(addressed)))
    memberships = memberships.filter(user__is_active=True).exclude(user__role=Role.BOT)
    return memberships.select_related("user__notification_settings")


def find_level(room: Room, membership: Membership) -> Level:
    """Of a membership whose ``user__notification_settings`` was selected."""
    if membership.level:
        return Level(membership.level)
    try:
        chosen = membership.user.notification_settings
    except NotificationSettings.DoesNotExist:
        return DEFAULT_LEVELS[Room.Kind(room.kind)]
    return Level(chosen.direct_level if room.is_direct else chosen.room_level)


def make_recipient(room: Room, membership: Membership) -> Recipient:
    """Of a membership whose ``user__notification_settings`` was selected."""
    return Recipient(
        level=find_level(room, membership),
        quiet_hours=read_quiet_hours(membership.user),
        muted_until=to_datetime(membership.muted_until),
    )


def choose_notification(
    room: Room, membership: Membership, messages: Sequence[Message], addressed: dict[int, set[int]], now: datetime
) -> Notification | None:
    """Of the newest message that is to be told."""
    mine = addressed.get(membership.user_id, set())
    recipient = make_recipient(room, membership)
    for message in reversed(messages):
        occasion = Occasion(
            is_own=message.author_id == membership.user_id,
            is_mention=message.seq in mine,
            is_urgent=message.urgent_at is not None,
        )
        decision = decide(occasion, recipient._replace(has_read=message.seq <= membership.last_read), now)
        if decision.outcome != Outcome.NEVER and decision.at:
            return Notification(
                user_id=membership.user_id, room=room, seq=message.seq, is_urgent=occasion.is_urgent, due_at=decision.at
            )
    return None
