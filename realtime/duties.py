"""What a hub does by the clock, so that a bell that was never heard costs seconds and not messages."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from accounts.models import Workspace
from realtime import streams
from realtime.background import guard, start
from realtime.database import in_thread
from realtime.guests import still_here
from realtime.meters import meters
from realtime.presence import Changes, Presence
from realtime.protocol import Close, Event, encode

if TYPE_CHECKING:
    from realtime.hub import Hub

HEADS_EVERY = 20.0  # seconds: sockets are told how far their logs are
REREAD_EVERY = 10.0  # seconds: what the bell did not ring is found in the database
REREAD_EVERY_ALONE = 1.0  # without Redis this is the only way to hear of other processes
RECHECK_EVERY = 45.0  # seconds: sessions and memberships, should the bell of a change be lost; promised within 60
LAG_EVERY = 0.25
ECHO_EVERY = 1.0
SOON = 0.3  # seconds until a newcomer is told of
SLICE, PAUSE = 50, 0.01  # so many sockets, then a pause: ten thousand in one go would hold up every message


class Duties:
    def __init__(self, hub: "Hub") -> None:
        self.hub = hub
        self.newcomers: set[int] = set()
        self.greeting: asyncio.TimerHandle | None = None
        self.measured_at = 0.0
        self.epoch = ""
        self.looking = asyncio.Lock()  # two looks at once would tell their news in any order
        self.tasks = [
            self.every(HEADS_EVERY, self.tell_heads),
            self.every(REREAD_EVERY_ALONE if hub.alone else REREAD_EVERY, self.reread),
            self.every(RECHECK_EVERY, self.recheck),
            self.every(Presence.BEAT, self.beat),
            self.every(1.0, self.second),
            self.every(LAG_EVERY, self.measure_lag),
            *([] if hub.alone else [self.every(ECHO_EVERY, hub.ear.check)]),
        ]

    def every(self, seconds: float, duty: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        async def repeat() -> None:
            while True:
                await asyncio.sleep(seconds)
                await guard(duty())

        return self.hub.loop.create_task(repeat())

    def stop(self) -> None:
        if self.greeting:
            self.greeting.cancel()
        for task in self.tasks:
            task.cancel()

    async def tell_heads(self) -> None:
        for number, socket in enumerate(self.hub.all_sockets(), 1):
            if number % SLICE == 0:
                await asyncio.sleep(PAUSE)
            heads = {
                name: topic.head
                for name, topic_name in socket.following.items()
                if (topic := self.hub.topics.get(topic_name)) and topic.head
            }
            socket.write(encode([Event("socket", 0, "heads", heads)]))

    async def reread(self) -> None:
        await guard(self.look_at_epoch())
        for stream in list(streams.streams.values()):
            await guard(stream.reread(self.hub))

    async def look_at_epoch(self) -> None:
        """Another one means that a backup was restored: what was handed out before counts no more."""
        epoch = await in_thread(Workspace.current_epoch)
        if self.epoch and self.epoch != epoch:
            self.hub.start_over()
        self.epoch = epoch

    async def second(self) -> None:
        for stream in list(streams.streams.values()):
            await guard(stream.each_second(self.hub))

    async def measure_lag(self) -> None:
        """How much later than asked for the loop comes to its next step."""
        now = self.hub.loop.time()
        if self.measured_at:
            meters.sample("lag", max(0.0, now - self.measured_at - LAG_EVERY))
        self.measured_at = now

    async def recheck(self) -> None:
        people = {socket.person for socket in self.hub.all_sockets()}
        gone = people - await in_thread(still_here, people)
        for person in gone:
            if person.session not in self.hub.renewals:
                self.hub.kick(person.user_id, Close.SIGNED_OUT, person.session)
        for stream in list(streams.streams.values()):
            pairs = {
                (socket.user_id, name.partition(".")[2])
                for socket in self.hub.all_sockets()
                for name in socket.following
                if name.partition(".")[0] == stream.name
            }
            for user_id, key in pairs - await in_thread(stream.still_allowed, pairs) if pairs else ():
                await self.hub.expel(user_id, f"{stream.name}.{key}")

    def beat_soon(self, user_id: int) -> None:
        """Someone has come: they are told together with whoever comes in the same moment."""
        if not self.newcomers:
            self.greeting = self.hub.loop.call_later(SOON, lambda: start(self.greet()))
        self.newcomers.add(user_id)

    async def greet(self) -> None:
        """Without asking who else is here: after a restart thousands come, and each answer would hold them all."""
        newcomers, self.newcomers = self.newcomers, set()
        await self.hub.presence.touch(newcomers)
        async with self.looking:
            await self.tell(self.hub.presence.known | newcomers)

    async def beat(self) -> None:
        await self.hub.presence.keep(self.hub.people)
        async with self.looking:
            await self.tell(await self.hub.presence.online())

    async def tell(self, online: frozenset[int]) -> None:
        """Tells who came and went. What cannot be told, since the database is away, is news again at the next look."""
        known = self.hub.presence.known
        changes = Changes(online - known, known - online)
        if not changes:
            return
        news = [await stream.presence_news(self.hub, changes, online) for stream in list(streams.streams.values())]
        self.hub.presence.known = online  # in one step with the telling: a snapshot has all of it or none
        for name, events in itertools.chain(*news):
            self.hub.tell(name, events)
