"""Streams ``room.<id>`` (the log of a room) and ``presence.<id>`` (members online, typing)."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence

from accounts.models import Workspace
from chat import cache, serializers
from chat.models import Membership, Room
from chat.protocol import Presence, PresenceChange
from myweb.errors import NotFound, Refused
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.presence import Changes
from realtime.protocol import Event, Subscribed
from realtime.socket import Socket
from realtime.streams import LogStream, Stream, SubscribeRequest

MAX_RESUMED_EVENTS = 500  # a client that missed more starts from a snapshot
LIST_LIMIT = 200  # users; above it only their number is sent


def is_room_key(key: str) -> bool:
    return bool(re.fullmatch(r"[1-9][0-9]{0,17}", key))  # one spelling, one topic


def filter_members(pairs: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    wanted = {(user_id, key) for user_id, key in pairs if is_room_key(key)}
    memberships = Membership.objects.filter(
        active=True,
        user__is_active=True,
        user__in={user_id for user_id, _key in wanted},
        room__in={int(key) for _user_id, key in wanted},
    ).values_list("user_id", "room_id")
    return {(user_id, str(room_id)) for user_id, room_id in memberships} & wanted


def open_for_members(
    asked: Sequence[SubscribeRequest], answer: Callable[[str, Room, SubscribeRequest], Subscribed]
) -> list[Subscribed | Refused]:
    """Answers members; for everyone else the room is not there. The rooms are read before what is in them."""
    admitted = filter_members({(each.user_id, each.key) for each in asked if is_room_key(each.key)})
    epoch = Workspace.current_epoch()
    rooms = Room.objects.in_bulk({int(key) for _user_id, key in admitted})
    return [
        answer(epoch, rooms[int(each.key)], each)
        if (each.user_id, each.key) in admitted and int(each.key) in rooms
        else NotFound()
        for each in asked
    ]


class RoomStream(LogStream):
    name = "room"

    def open(self, asked: Sequence[SubscribeRequest]) -> list[Subscribed | Refused]:
        return open_for_members(asked, self.answer)

    @staticmethod
    def answer(epoch: str, room: Room, asked: SubscribeRequest) -> Subscribed:
        missed = room.rev - (asked.after if asked.after is not None else -MAX_RESUMED_EVENTS)
        if asked.epoch == epoch and 0 <= missed < MAX_RESUMED_EVENTS:
            events = cache.get_events_since(epoch, room, asked.after or 0)
            if events is not None:
                return Subscribed(room.rev, epoch, recovered=True, events=events)
        return Subscribed(room.rev, epoch, recovered=False, snapshot=cache.get_room_snapshot(epoch, room))

    def heads(self, keys: Iterable[str]) -> dict[str, int]:
        heads = Room.objects.filter(pk__in=[int(key) for key in keys]).values_list("pk", "rev")
        return {str(room_id): rev for room_id, rev in heads}

    def since(self, key: str, after: int) -> tuple[int, list[Event]]:
        room = Room.objects.get(pk=int(key))
        return serializers.read_events_since(room, after)

    def still_allowed(self, pairs: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
        return filter_members(pairs)


class PresenceStream(Stream):
    name = "presence"

    def group(self, user_id: int, key: str) -> str:
        return f"room.{key}"

    def open(self, asked: Sequence[SubscribeRequest]) -> list[Subscribed | Refused]:
        return open_for_members(asked, self.answer)

    @staticmethod
    def answer(epoch: str, room: Room, asked: SubscribeRequest) -> Subscribed:
        return Subscribed(0, "", recovered=False, snapshot=cache.get_member_ids(epoch, room))

    async def on_subscribed(self, hub: Hub, socket: Socket, key: str, answer: Subscribed) -> Subscribed:
        """Users who came since the last update follow with the next one; those on this process are known."""
        members: frozenset[int] = answer.snapshot
        here = sorted((hub.presence.known & members) | (hub.sockets.keys() & members))
        return Subscribed(0, "", False, snapshot=Presence(len(here), here if len(here) <= LIST_LIMIT else []))

    async def presence_events(
        self, hub: Hub, changes: Changes, online: frozenset[int]
    ) -> list[tuple[str, list[Event]]]:
        keys = [name.partition(".")[2] for name in hub.topics if name.startswith("presence.")]
        concerned, counts = await in_thread(count_presence_changes, changes, keys, online)
        news = []
        for room_id, count in counts.items():
            change = PresenceChange(count)
            if count <= LIST_LIMIT:
                change.joined = sorted(concerned[room_id] & changes.joined)
                change.left = sorted(concerned[room_id] & changes.left)
            news.append((f"presence.{room_id}", [Event(f"presence.{room_id}", 0, "presence", change)]))
        return news

    def still_allowed(self, pairs: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
        return filter_members(pairs)


def count_presence_changes(
    changes: Changes, keys: Iterable[str], online: Collection[int]
) -> tuple[dict[int, set[int]], dict[int, int]]:
    """The rooms with changed presence: the users who came or went, and how many members are online now."""
    moved, rooms = changes.joined | changes.left, [int(key) for key in keys]
    active = Membership.objects.filter(active=True, room__in=rooms)
    concerned: dict[int, set[int]] = {}
    for room_id, user_id in active.filter(user__in=moved).values_list("room_id", "user_id"):
        concerned.setdefault(room_id, set()).add(user_id)
    counts = dict.fromkeys(concerned, 0)
    for room_id, user_id in active.filter(room__in=concerned).values_list("room_id", "user_id"):
        counts[room_id] += user_id in online
    return concerned, counts
