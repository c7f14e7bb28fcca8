"""Streams ``room.<id>`` (the log of a room) and ``presence.<id>`` (members online, typing)."""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from weakref import WeakKeyDictionary

from accounts.models import Workspace
from chat import cache, serializers
from chat.models import Membership, Room
from chat.online_members import (
    MAX_STATES,
    OnlineMembers,
    RoomMembers,
    find_changed_rooms,
    read_changed_members,
    read_room_members,
)
from chat.protocol import MemberState, PresenceChange
from myweb.errors import NotFound, Refused
from realtime.batching import Batcher
from realtime.database import in_thread
from realtime.hub import BATCH_CONCURRENCY, Hub
from realtime.presence import Changes
from realtime.protocol import Event, Subscribed
from realtime.socket import Socket
from realtime.streams import LogStream, Stream, SubscribeRequest

MAX_RESUMED_EVENTS = 500  # a client that missed more starts from a snapshot


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


class RoomStream(LogStream):
    name = "room"

    def open(self, asked: Sequence[SubscribeRequest]) -> list[Subscribed | Refused]:
        """Answers members; for everyone else the room is not there. The rooms are read before what is in them."""
        admitted = filter_members((each.user_id, each.key) for each in asked)
        epoch = Workspace.current_epoch()
        rooms = Room.objects.in_bulk({int(key) for _user_id, key in admitted})
        return [
            self.answer(epoch, rooms[int(each.key)], each)
            if (each.user_id, each.key) in admitted and int(each.key) in rooms
            else NotFound()
            for each in asked
        ]

    @staticmethod
    def answer(epoch: str, room: Room, asked: SubscribeRequest) -> Subscribed:
        missed = room.rev - (asked.after if asked.after is not None else -MAX_RESUMED_EVENTS)
        if asked.epoch == epoch and 0 <= missed < MAX_RESUMED_EVENTS:
            events = cache.get_events_since(epoch, room, asked.after or 0)
            if events is not None:
                return Subscribed(room.rev, epoch, recovered=True, events=events)
        return Subscribed(room.rev, epoch, recovered=False, snapshot=cache.get_room_snapshot(epoch, room))

    async def on_note(self, hub: Hub, key: str, note: Mapping[str, bool]) -> None:
        """A layer event of the room has changed members."""
        await presence_stream.reread_members(hub, key)

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

    def __init__(self) -> None:
        self.by_hub: WeakKeyDictionary[Hub, dict[str, asyncio.Future[OnlineMembers]]] = WeakKeyDictionary()
        self.loaders: WeakKeyDictionary[Hub, Batcher[int, RoomMembers]] = WeakKeyDictionary()

    def group(self, user_id: int, key: str) -> str:
        return f"room.{key}"

    def open(self, asked: Sequence[SubscribeRequest]) -> list[Subscribed | Refused]:
        admitted = filter_members((each.user_id, each.key) for each in asked)
        return [
            Subscribed(0, "", recovered=False) if (each.user_id, each.key) in admitted else NotFound() for each in asked
        ]

    async def on_subscribed(self, hub: Hub, socket: Socket, key: str, answer: Subscribed) -> Subscribed:
        """Users who came since the last update follow with the next one; those on this process are known."""
        members = await self.get_members(hub, key)
        snapshot = members.make_snapshot((hub.sockets.keys() & members.ids) | {socket.user_id})
        if members.large:
            snapshot.members = await self.get_states(members, snapshot.here)
        return Subscribed(0, "", recovered=False, snapshot=snapshot)

    async def on_unsubscribed(self, hub: Hub, socket: Socket, key: str) -> None:
        topic = hub.topics.get(f"presence.{key}")
        if topic is None or topic.is_idle:
            self.list_rooms(hub).pop(key, None)

    def list_rooms(self, hub: Hub) -> "dict[str, asyncio.Future[OnlineMembers]]":
        """The rooms whose presence is followed on this process."""
        return self.by_hub.setdefault(hub, {})

    def list_loaded(self, hub: Hub) -> list[OnlineMembers]:
        """Without those that are being read, with the users who are online then."""
        done = [future for future in self.list_rooms(hub).values() if future.done() and not future.cancelled()]
        return [future.result() for future in done if not future.exception()]

    async def get_members(self, hub: Hub, key: str) -> OnlineMembers:
        """Read once, however many ask at the same time."""
        rooms = self.list_rooms(hub)
        if key not in rooms:
            rooms[key] = asyncio.ensure_future(self.load_members(hub, key))
        future = rooms[key]
        try:
            members = await asyncio.shield(future)
        except BaseException:
            if future.done() and rooms.get(key) is future:
                del rooms[key]
            raise
        members.update_online(hub.presence.known)
        return members

    async def load_members(self, hub: Hub, key: str) -> OnlineMembers:
        """After a restart all rooms are asked for within seconds."""
        if hub not in self.loaders:
            self.loaders[hub] = Batcher(read_room_members, size=200, concurrency=BATCH_CONCURRENCY)
        return OnlineMembers(int(key), await self.loaders[hub].submit(int(key)))

    async def include_members(self, hub: Hub, key: str, user_ids: Sequence[int]) -> list[MemberState]:
        """For an event that names them: in a large room not every reader knows them."""
        members = await self.get_members(hub, key)
        return await self.get_states(members, user_ids) if members.large else []

    @staticmethod
    async def get_states(members: OnlineMembers, user_ids: Sequence[int]) -> list[MemberState]:
        if missing := [user_id for user_id in user_ids if user_id not in members.states]:
            if len(members.states) > MAX_STATES:
                members.states.clear()
                missing = list(user_ids)
            members.put_states(await in_thread(serializers.read_members, members.room_id, missing))
        return [members.states[user_id] for user_id in user_ids if user_id in members.states]

    async def presence_events(
        self, hub: Hub, changes: Changes, online: frozenset[int]
    ) -> list[tuple[str, list[Event]]]:
        news = []
        for members in self.list_loaded(hub):
            members.update_online(hub.presence.known)
            if change := members.apply_presence(online, changes.joined, changes.left):
                news.append((f"presence.{members.room_id}", [await self.make_event(members, change)]))
        return news

    async def make_event(self, members: OnlineMembers, change: PresenceChange) -> Event:
        included = await self.get_states(members, change.joined) if members.large and change.joined else []
        return Event(f"presence.{members.room_id}", 0, "presence", change, included=list(included))

    async def reread(self, hub: Hub) -> None:
        if loaded := self.list_loaded(hub):
            for room_id in await in_thread(find_changed_rooms, {members.room_id: members.rev for members in loaded}):
                await self.reread_members(hub, str(room_id))

    async def reread_members(self, hub: Hub, key: str) -> None:
        """Members have joined, left or changed: those who are online are announced like those who come."""
        if key not in self.list_rooms(hub):
            return
        members = await self.get_members(hub, key)
        members.large, rows = await in_thread(read_changed_members, members.room_id, members.rev)
        members.update_online(hub.presence.known)
        change = members.apply_members(rows, lambda user_id: user_id in hub.presence.known or user_id in hub.sockets)
        if change:
            hub.send_events(f"presence.{key}", [await self.make_event(members, change)])

    def still_allowed(self, pairs: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
        return filter_members(pairs)


presence_stream = PresenceStream()
