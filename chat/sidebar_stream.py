"""Stream ``me``: the sidebar of a user, kept current without a subscription to every room.

The process listens to all rooms of the users on its sockets. An event of a room marks the lines of its readers.
Marked lines are read together, at most once a second.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from django.utils import timezone

from chat import sidebar
from chat.models import Membership, Notification, Room
from chat.protocol import MyRoom
from myweb.errors import Refused
from realtime.background import start_task
from realtime.batching import Batcher
from realtime.database import in_thread
from realtime.hub import BATCH_CONCURRENCY, Hub
from realtime.protocol import Event, Subscribed
from realtime.socket import Socket
from realtime.streams import Stream, SubscribeRequest

FLUSH_SECONDS = 1.0  # seconds between two frames
MEMBERSHIPS_EVERY = 6  # rereads
TOLD_RECENTLY = timedelta(minutes=5)  # longer than a reread may be late

SidebarKey = tuple[int, int]  # user, room
LineMark = tuple[int, bool, str, int]  # read mark, favourite, level, muted until: changed without an event of the room


class MeStream(Stream):
    name = "me"

    def __init__(self) -> None:
        self.by_hub: WeakKeyDictionary[Hub, SidebarUpdater] = WeakKeyDictionary()

    def get_updater(self, hub: Hub) -> "SidebarUpdater":
        if hub not in self.by_hub:
            self.by_hub[hub] = SidebarUpdater(hub)
        return self.by_hub[hub]

    def topic(self, user_id: int, key: str) -> str:
        return f"me.{user_id}"

    def group(self, user_id: int, key: str) -> str:
        return f"user.{user_id}"

    def open(self, asked: Sequence[SubscribeRequest]) -> list[Subscribed | Refused]:
        heads = read_heads_by_user({each.user_id for each in asked})
        return [
            Refused("not_found", "The stream 'me' takes no key.")
            if each.key
            else Subscribed(0, "", recovered=False, snapshot=heads.get(each.user_id, {}))
            for each in asked
        ]

    async def on_subscribed(self, hub: Hub, socket: Socket, key: str, answer: Subscribed) -> Subscribed:
        """Listens to the rooms first and reads their lines second, so that no news falls between."""
        sidebars = self.get_updater(hub)
        sidebars.begin(socket.user_id, answer.snapshot)
        answer.snapshot = await sidebars.batches.submit(socket.user_id)
        for line in answer.snapshot.rooms:
            sidebars.watch(socket.user_id, line)
        return answer

    async def on_unsubscribed(self, hub: Hub, socket: Socket, key: str) -> None:
        topic = hub.topics.get(self.topic(socket.user_id, key))
        if topic is None or topic.is_idle:
            self.get_updater(hub).end(socket.user_id)

    async def on_note(self, hub: Hub, key: str, note: Mapping[str, int]) -> None:
        """A user's own line of a room has changed: read mark or membership."""
        if note["gone"]:
            await unsubscribe_from_room(hub, int(key), note["room"])
        self.get_updater(hub).mark({(int(key), note["room"])})

    async def reread(self, hub: Hub) -> None:
        await self.get_updater(hub).reread()


class SidebarUpdater:
    """The sidebars that one process keeps up to date."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.readers: dict[int, set[int]] = {}  # room -> users of this process
        self.rooms: dict[int, dict[int, LineMark]] = {}  # user -> their rooms, as last sent
        self.heads: dict[int, int] = {}  # room -> rev at the last reread
        self.told: dict[SidebarKey, int] = {}  # the seq of the newest notification that was sent
        self.marked: set[SidebarKey] = set()
        self.changed_rooms: set[int] = set()  # the lines of all their readers are marked
        self.rereads = 0
        self.batches = Batcher(sidebar.read_sidebars_by_id, size=200, concurrency=BATCH_CONCURRENCY)
        self.flush_lock = asyncio.Lock()
        self.flush_after = 0.0
        self.flush_timer: asyncio.TimerHandle | None = None
        hub.observers.setdefault("room", []).append(lambda _hub, key: self.mark_room(int(key)))

    def begin(self, user_id: int, heads: Mapping[int, int]) -> None:
        self.rooms.setdefault(user_id, {})
        for room_id, head in heads.items():
            self.heads.setdefault(room_id, head)
            self.watch(user_id, MyRoom(room_id))

    def end(self, user_id: int) -> None:
        for room_id in list(self.rooms.get(user_id, ())):
            self.unwatch(user_id, room_id)
        self.rooms.pop(user_id, None)

    def watch(self, user_id: int, line: MyRoom) -> None:
        if line.id not in self.rooms[user_id]:
            self.readers.setdefault(line.id, set()).add(user_id)
            self.hub.subscriber.hold(f"room.{line.id}")
        if line.notification:
            self.told[user_id, line.id] = line.notification.seq
        known_read, *_rest = self.rooms[user_id].get(line.id, (0,))
        self.rooms[user_id][line.id] = (max(line.last_read, known_read), line.favourite, line.level, line.muted_until)

    def unwatch(self, user_id: int, room_id: int) -> None:
        if room_id in self.rooms.get(user_id, ()):
            del self.rooms[user_id][room_id]
            self.told.pop((user_id, room_id), None)
            self.readers[room_id].discard(user_id)
            if not self.readers[room_id]:
                del self.readers[room_id]
                self.heads.pop(room_id, None)
            self.hub.subscriber.release(f"room.{room_id}")

    def mark_room(self, room_id: int) -> None:
        """Marks the lines of all readers of a room."""
        if room_id in self.readers:
            self.changed_rooms.add(room_id)
            self.schedule_flush()

    async def reread(self) -> None:
        """Finds changes whose notification was lost. Each minute memberships are compared too.

        All is read before a line is marked, so that a line is sent once.
        """
        heads = await in_thread(read_room_heads, list(self.readers))
        told = await in_thread(read_recently_told, timezone.now() - TOLD_RECENTLY)
        for room_id in heads.keys() & self.readers.keys():
            if heads[room_id] != self.heads.get(room_id):
                self.mark_room(room_id)
                self.heads[room_id] = heads[room_id]
        self.mark_told(told)
        self.rereads += 1
        if self.hub.alone or self.rereads % MEMBERSHIPS_EVERY == 0:
            now = await in_thread(read_line_marks, list(self.rooms))
            held = {
                (user_id, room_id, *mark) for user_id, rooms in self.rooms.items() for room_id, mark in rooms.items()
            }
            self.mark({(user_id, room_id) for user_id, room_id, *_mark in now ^ held if user_id in self.rooms})

    def mark_told(self, told: Mapping[SidebarKey, int]) -> None:
        """Workers without Redis cannot tell this process that a user was notified."""
        news = {key: seq for key, seq in told.items() if key[0] in self.rooms and seq > self.told.get(key, 0)}
        self.told |= news
        self.mark(set(news))

    def mark(self, lines: set[SidebarKey]) -> None:
        self.marked |= lines
        self.schedule_flush()

    def schedule_flush(self) -> None:
        """Flushes the marked lines together, a second after the last flush at the earliest."""
        if (self.marked or self.changed_rooms) and self.flush_timer is None:
            wait = max(0.0, self.flush_after - self.hub.loop.time())
            self.flush_timer = self.hub.loop.call_later(wait, lambda: start_task(self.flush()))

    async def flush(self) -> None:
        async with self.flush_lock:  # a slow read must not be sent after a later one
            await self.flush_marked()

    async def flush_marked(self) -> None:
        marked, self.marked = self.marked, set()
        marked |= {(user_id, room_id) for room_id in self.changed_rooms for user_id in self.readers.get(room_id, ())}
        self.changed_rooms.clear()
        begun = self.hub.loop.time()
        self.flush_after, self.flush_timer = begun + FLUSH_SECONDS, None
        try:
            read_lines = await in_thread(read_marked_lines, marked)
        except Exception:
            self.mark(marked)
            raise
        changed: dict[int, list[MyRoom]] = {}
        for user_id, room_id in sorted(marked):
            if user_id in self.rooms:
                line = read_lines.get((user_id, room_id))
                await self.update_watch(user_id, room_id, line)
                changed.setdefault(user_id, []).append(line or MyRoom(room_id, gone=True))
        for user_id, lines in changed.items():
            self.hub.send_events(f"me.{user_id}", [Event("me", 0, "room", line) for line in lines])
        # In a room of thousands each message concerns thousands of lines: they may take a fifth of the time, not more.
        self.flush_after = max(self.flush_after, begun + 5 * (self.hub.loop.time() - begun))

    async def update_watch(self, user_id: int, room_id: int, line: MyRoom | None) -> None:
        if line:
            self.watch(user_id, line)
        else:
            self.unwatch(user_id, room_id)
            await unsubscribe_from_room(self.hub, user_id, room_id)


async def unsubscribe_from_room(hub: Hub, user_id: int, room_id: int) -> None:
    for name in (f"room.{room_id}", f"presence.{room_id}"):
        await hub.expel(user_id, name)


def read_heads_by_user(user_ids: Iterable[int]) -> dict[int, dict[int, int]]:
    """User -> room -> rev."""
    heads: dict[int, dict[int, int]] = {}
    memberships = Membership.objects.filter(user__in=user_ids, active=True)
    for user_id, room_id, rev in memberships.values_list("user_id", "room_id", "room__rev"):
        heads.setdefault(user_id, {})[room_id] = rev
    return heads


def read_room_heads(room_ids: Iterable[int]) -> dict[int, int]:
    return dict(Room.objects.filter(pk__in=room_ids).values_list("pk", "rev"))


def read_line_marks(user_ids: Iterable[int]) -> set[tuple[int, int, int, bool, str, int]]:
    memberships = Membership.objects.filter(user__in=user_ids, active=True)
    return set(memberships.values_list("user_id", "room_id", "last_read", "favourite", "level", "muted_until"))


def read_recently_told(since: datetime) -> dict[SidebarKey, int]:
    """(user, room) -> the seq that the user was notified of."""
    told = Notification.objects.filter(told_at__gte=since)
    return {(user_id, room_id): seq for user_id, room_id, seq in told.values_list("user_id", "room_id", "seq")}


def read_marked_lines(marked: Iterable[SidebarKey]) -> dict[SidebarKey, MyRoom]:
    return {(user_id, line.id): line for user_id, line in sidebar.read_sidebar_lines(marked)}
