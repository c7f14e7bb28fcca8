"""Stream ``me``: a person's sidebar, kept exact without following every room.

The process listens to all rooms of the people on its sockets. News of a room marks the lines of its readers; marked
lines are computed together, at most once a second.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from weakref import WeakKeyDictionary

from chat import sidebar
from chat.events import MyRoom
from chat.models import Membership, Room
from realtime.background import start
from realtime.batches import Batches
from realtime.database import in_thread
from realtime.hub import AT_ONCE, Hub
from realtime.protocol import Event, Refused, Subscribed
from realtime.socket import Socket
from realtime.streams import Asked, Stream

MERGE = 1.0  # seconds between two frames
MEMBERSHIPS_EVERY = 6  # rereads

Line = tuple[int, int]  # person, room


class MeStream(Stream):
    name = "me"

    def __init__(self) -> None:
        self.by_hub: WeakKeyDictionary[Hub, Sidebars] = WeakKeyDictionary()

    def of(self, hub: Hub) -> "Sidebars":
        if hub not in self.by_hub:
            self.by_hub[hub] = Sidebars(hub)
        return self.by_hub[hub]

    def topic(self, user_id: int, key: str) -> str:
        return f"me.{user_id}"

    def group(self, user_id: int, key: str) -> str:
        return f"user.{user_id}"

    def open(self, asked: Sequence[Asked]) -> list[Subscribed | Refused]:
        heads = heads_of({each.user_id for each in asked})
        return [
            Refused("not_found", "The stream 'me' takes no key.")
            if each.key
            else Subscribed(0, "", recovered=False, snapshot=heads.get(each.user_id, {}))
            for each in asked
        ]

    async def joined(self, hub: Hub, socket: Socket, key: str, answer: Subscribed) -> Subscribed:
        """Listens to the rooms first and reads their lines second, so that no news falls between."""
        sidebars = self.of(hub)
        sidebars.begin(socket.user_id, answer.snapshot)
        answer.snapshot = await sidebars.reading.ask(socket.user_id)
        for line in answer.snapshot.rooms:
            sidebars.watch(socket.user_id, line)
        return answer

    async def left(self, hub: Hub, socket: Socket, key: str) -> None:
        topic = hub.topics.get(self.topic(socket.user_id, key))
        if topic is None or topic.is_idle:
            self.of(hub).end(socket.user_id)

    async def noted(self, hub: Hub, key: str, note: Mapping[str, int]) -> None:
        """A person's own line of a room has changed: read mark, membership."""
        if note["gone"]:
            await expel(hub, int(key), note["room"])
        self.of(hub).mark({(int(key), note["room"])})

    async def reread(self, hub: Hub) -> None:
        await self.of(hub).reread()


class Sidebars:
    """The sidebars that one process keeps up to date."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.readers: dict[int, set[int]] = {}  # room -> people of this process
        self.rooms: dict[int, dict[int, int]] = {}  # person -> their rooms and read marks, as last told
        self.heads: dict[int, int] = {}  # room -> rev at the last look
        self.marked: set[Line] = set()
        self.stirred: set[int] = set()  # rooms, all of whose readers' lines are marked
        self.turns = 0
        self.reading = Batches(sidebar.all_of, size=200, at_once=AT_ONCE)
        self.telling = asyncio.Lock()
        self.free_at = 0.0
        self.due: asyncio.TimerHandle | None = None
        hub.observers.setdefault("room", []).append(lambda _hub, key: self.news(int(key)))

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
            self.hub.ear.hold(f"room.{line.id}")
        self.rooms[user_id][line.id] = max(line.last_read, self.rooms[user_id].get(line.id, 0))

    def unwatch(self, user_id: int, room_id: int) -> None:
        if room_id in self.rooms.get(user_id, ()):
            del self.rooms[user_id][room_id]
            self.readers[room_id].discard(user_id)
            if not self.readers[room_id]:
                del self.readers[room_id]
                self.heads.pop(room_id, None)
            self.hub.ear.release(f"room.{room_id}")

    def news(self, room_id: int) -> None:
        """Something happened in a room."""
        if room_id in self.readers:
            self.stirred.add(room_id)
            self.tell_soon()

    async def reread(self) -> None:
        """Finds news without a bell. Memberships and read marks are many: they are compared each minute."""
        heads = await in_thread(room_heads, list(self.readers))
        for room_id in heads.keys() & self.readers.keys():
            if heads[room_id] != self.heads.get(room_id):
                self.news(room_id)
                self.heads[room_id] = heads[room_id]
        self.turns += 1
        if self.hub.alone or self.turns % MEMBERSHIPS_EVERY == 0:
            now = await in_thread(read_marks, list(self.rooms))
            held = {(user_id, *line) for user_id, rooms in self.rooms.items() for line in rooms.items()}
            self.mark({(user_id, room_id) for user_id, room_id, _seq in now ^ held if user_id in self.rooms})

    def mark(self, lines: set[Line]) -> None:
        self.marked |= lines
        self.tell_soon()

    def tell_soon(self) -> None:
        """What is marked is computed anew, all together, as soon as a second has passed since the last time."""
        if (self.marked or self.stirred) and self.due is None:
            wait = max(0.0, self.free_at - self.hub.loop.time())
            self.due = self.hub.loop.call_later(wait, lambda: start(self.tell()))

    async def tell(self) -> None:
        async with self.telling:  # a slow reading must not arrive after a younger one
            await self.tell_marked()

    async def tell_marked(self) -> None:
        marked, self.marked = self.marked, set()
        marked |= {(user_id, room_id) for room_id in self.stirred for user_id in self.readers.get(room_id, ())}
        self.stirred.clear()
        begun = self.hub.loop.time()
        self.free_at, self.due = begun + MERGE, None
        try:
            found = await in_thread(read_lines, marked)
        except Exception:
            self.mark(marked)
            raise
        changed: dict[int, list[MyRoom]] = {}
        for user_id, room_id in sorted(marked):
            if user_id in self.rooms:
                line = found.get((user_id, room_id))
                await self.follow(user_id, room_id, line)
                changed.setdefault(user_id, []).append(line or MyRoom(room_id, gone=True))
        for user_id, lines in changed.items():
            self.hub.tell(f"me.{user_id}", [Event("me", 0, "room", line) for line in lines])
        # In a room of thousands each message concerns thousands of lines: they may take a fifth of the time, not more.
        self.free_at = max(self.free_at, begun + 5 * (self.hub.loop.time() - begun))

    async def follow(self, user_id: int, room_id: int, line: MyRoom | None) -> None:
        if line:
            self.watch(user_id, line)
        else:
            self.unwatch(user_id, room_id)
            await expel(self.hub, user_id, room_id)


async def expel(hub: Hub, user_id: int, room_id: int) -> None:
    for name in (f"room.{room_id}", f"presence.{room_id}"):
        await hub.expel(user_id, name)


def heads_of(user_ids: Iterable[int]) -> dict[int, dict[int, int]]:
    """Person -> room -> rev."""
    found: dict[int, dict[int, int]] = {}
    mine = Membership.objects.filter(user__in=user_ids, active=True)
    for user_id, room_id, rev in mine.values_list("user_id", "room_id", "room__rev"):
        found.setdefault(user_id, {})[room_id] = rev
    return found


def room_heads(room_ids: Iterable[int]) -> dict[int, int]:
    return dict(Room.objects.filter(pk__in=room_ids).values_list("pk", "rev"))


def read_marks(user_ids: Iterable[int]) -> set[tuple[int, int, int]]:
    return set(Membership.objects.filter(user__in=user_ids, active=True).values_list("user_id", "room_id", "last_read"))


def read_lines(marked: Iterable[Line]) -> dict[Line, MyRoom]:
    return {(user_id, line.id): line for user_id, line in sidebar.lines(marked)}
