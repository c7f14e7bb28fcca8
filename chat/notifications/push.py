"""Sends what is told to the devices of users, unless it was read meanwhile."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.urls import reverse

from chat.models import Membership, Message, Room
from chat.notifications.channels import Channel
from chat.notifications.delivery import Told
from chat.notifications.recipients import find_addressed_users
from chat.sidebar import read_sidebar_lines
from push.access import list_devices_of
from push.models import PushMessage
from push.protocol import PushPayload
from push.services import send_push

TAG = "room."
MAX_BADGES = 50  # users at once whose unread messages are counted; for more the badge stays as it is


class Group(NamedTuple):
    """Users who get the same message."""

    seq: int
    author: str
    text: str
    badge: int | None
    is_urgent: bool
    wakes_phone: bool


def push_notifications(told: Sequence[Told]) -> None:
    """Part of the transaction that tells the tabs."""
    told = [entry for entry in told if Channel.PUSH not in entry.off_channels]
    users = set(list_devices_of({entry.user_id for entry in told}).values_list("user_id", flat=True))
    told = [entry for entry in told if entry.user_id in users]
    badges = count_unread(users) if len(users) <= MAX_BADGES else {}
    for room in {entry.room.pk: entry.room for entry in told}.values():
        push_room(room, [entry for entry in told if entry.room.pk == room.pk], badges)


def push_room(room: Room, told: Sequence[Told], badges: dict[int, int]) -> None:
    addressed = find_addressed_users(room, {entry.state.seq for entry in told})
    groups: dict[Group, list[int]] = {}
    for user_id, state, *_others in told:
        wakes_phone = state.urgent or room.is_direct or state.seq in addressed.get(user_id, set())
        group = Group(state.seq, state.author, state.text, badges.get(user_id), state.urgent, wakes_phone)
        groups.setdefault(group, []).append(user_id)
    for group, user_ids in groups.items():
        send_push(
            user_ids,
            PushPayload(
                tag=f"{TAG}{room.pk}",
                title=group.author if room.is_direct else room.name,
                body=group.text if room.is_direct else f"{group.author}: {group.text}",
                path=f"{reverse('room', args=[room.pk])}?at={group.seq}",
                badge=group.badge,
                urgent=group.wakes_phone,
                says_urgent=group.is_urgent,
                number=group.seq,
            ),
        )


def count_unread(user_ids: Iterable[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for user_id, line in read_sidebar_lines((user_id, None) for user_id in user_ids):
        counts[user_id] = counts.get(user_id, 0) + line.unread
    return counts


def find_read_messages(messages: Sequence[PushMessage]) -> set[int]:
    """Of messages that wait: those that were read or deleted, and those of rooms that the user has left."""
    waiting = {
        message.pk: (message.device.user_id, int(message.tag.removeprefix(TAG)), message.payload.get("number", 0))
        for message in messages
        if message.tag.startswith(TAG)
    }
    if not waiting:
        return set()
    users, rooms, seqs = ({key[part] for key in waiting.values()} for part in range(3))
    memberships = Membership.objects.filter(user__in=users, room__in=rooms, active=True)
    last_reads = {(user, room): seq for user, room, seq in memberships.values_list("user_id", "room_id", "last_read")}
    standing = set(Message.objects.filter(room__in=rooms, seq__in=seqs, deleted_at=None).values_list("room_id", "seq"))
    return {
        number
        for number, (user, room, seq) in waiting.items()
        if (room, seq) not in standing or last_reads.get((user, room), seq) >= seq
    }
