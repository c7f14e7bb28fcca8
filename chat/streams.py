"""Streams ``room.<id>`` (the log of a room) and ``presence.<id>`` (who is here, who types)."""

import re
from collections.abc import Iterable

from accounts.models import House, User
from chat import access, states
from chat.events import Presence, PresenceChange
from chat.models import Membership, Room
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.presence import Changes
from realtime.protocol import Event, Subscribed
from realtime.socket import Socket
from realtime.streams import LogStream, Stream

LIST_LIMIT = 200  # people; above it only their number is told


def number_of(key: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,17}", key):  # one spelling, one topic
        raise access.NotFound
    return int(key)


def members_among(pairs: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    wanted = {(user_id, key) for user_id, key in pairs if key.isdecimal()}
    found = Membership.objects.filter(
        active=True,
        user__is_active=True,
        user__in={each[0] for each in wanted},
        room__in={int(each[1]) for each in wanted},
    ).values_list("user_id", "room_id")
    return {(user_id, str(room_id)) for user_id, room_id in found} & wanted


class RoomStream(LogStream):
    name = "room"

    def open(self, user_id: int, key: str, after: int | None, epoch: str) -> Subscribed:
        room = access.get_room(User.objects.get(pk=user_id), number_of(key))
        current = House.objects.values_list("epoch", flat=True).first() or ""
        missed = room.rev - (after if after is not None else -states.TOO_FAR)
        if epoch == current and 0 <= missed < states.TOO_FAR:
            return Subscribed(room.rev, current, recovered=True, events=states.since(room, after or 0))
        return Subscribed(room.rev, current, recovered=False, snapshot=states.snapshot(room))

    def heads(self, keys: Iterable[str]) -> dict[str, int]:
        found = Room.objects.filter(pk__in=[int(key) for key in keys]).values_list("pk", "rev")
        return {str(room_id): rev for room_id, rev in found}

    def since(self, key: str, after: int) -> tuple[int, list[Event]]:
        room = Room.objects.get(pk=int(key))
        return room.rev, states.since(room, after)

    def still_allowed(self, pairs: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
        return members_among(pairs)


class PresenceStream(Stream):
    name = "presence"

    def group(self, user_id: int, key: str) -> str:
        return f"room.{key}"

    def open(self, user_id: int, key: str, after: int | None, epoch: str) -> Subscribed:
        access.check_member(user_id, number_of(key))
        members = Membership.objects.filter(room=number_of(key), active=True).values_list("user_id", flat=True)
        return Subscribed(0, "", recovered=False, snapshot=Presence(0, list(members)))

    async def joined(self, hub: Hub, socket: Socket, key: str, answer: Subscribed) -> Subscribed:
        assert isinstance(answer.snapshot, Presence)
        here = sorted(await hub.presence.online() & set(answer.snapshot.here))
        answer.snapshot = Presence(len(here), here if len(here) <= LIST_LIMIT else [])
        return answer

    async def presence_changed(self, hub: Hub, changes: Changes) -> None:
        keys = [name.partition(".")[2] for name in hub.topics if name.startswith("presence.")]
        concerned = await in_thread(
            members_among, [(user, key) for user in changes.joined | changes.left for key in keys]
        )
        counts = await in_thread(count_here, {int(key) for _user, key in concerned}, hub.presence.known)
        for key in {key for _user, key in concerned}:
            count = counts.get(int(key), 0)
            change = PresenceChange(count)
            if count <= LIST_LIMIT:
                change.joined = sorted(user for user in changes.joined if (user, key) in concerned)
                change.left = sorted(user for user in changes.left if (user, key) in concerned)
            hub.tell(f"presence.{key}", [Event(f"presence.{key}", 0, "presence", change)])

    def still_allowed(self, pairs: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
        return members_among(pairs)


def count_here(room_ids: Iterable[int], online: Iterable[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for room_id in Membership.objects.filter(room__in=room_ids, user__in=online, active=True).values_list(
        "room_id", flat=True
    ):
        counts[room_id] = counts.get(room_id, 0) + 1
    return counts
