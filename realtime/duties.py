"""What a hub does by the clock, so that a bell that was never heard costs seconds and not messages."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from realtime import streams
from realtime.background import guard
from realtime.database import in_thread
from realtime.presence import Presence
from realtime.protocol import Close, Event, encode
from realtime.session import still_signed_in

if TYPE_CHECKING:
    from realtime.hub import Hub

HEADS_EVERY = 20.0  # seconds: sockets are told how far their logs are
REREAD_EVERY = 10.0  # seconds: what the bell did not ring is found in the database
REREAD_EVERY_ALONE = 1.0  # without Redis this is the only way to hear of other processes
RECHECK_EVERY = 45.0  # seconds: sessions and memberships, should the bell of a change be lost; promised within 60


class Duties:
    def __init__(self, hub: "Hub") -> None:
        self.hub = hub
        self.tasks = [
            self.every(HEADS_EVERY, self.tell_heads),
            self.every(REREAD_EVERY_ALONE if hub.alone else REREAD_EVERY, self.reread),
            self.every(RECHECK_EVERY, self.recheck),
            self.every(Presence.BEAT, self.beat),
        ]

    def every(self, seconds: float, duty: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        async def repeat() -> None:
            while True:
                await asyncio.sleep(seconds)
                await guard(duty())

        return self.hub.loop.create_task(repeat())

    def stop(self) -> None:
        for task in self.tasks:
            task.cancel()

    async def tell_heads(self) -> None:
        for socket in self.hub.all_sockets():
            heads = {
                name: topic.head
                for name, topic_name in socket.following.items()
                if (topic := self.hub.topics.get(topic_name)) and topic.head
            }
            socket.write(encode([Event("socket", 0, "heads", heads)]))

    async def reread(self) -> None:
        for stream in list(streams.streams.values()):
            await guard(stream.reread(self.hub))

    async def recheck(self) -> None:
        people = {socket.person for socket in self.hub.all_sockets()}
        gone = people - await in_thread(still_signed_in, people)
        for person in gone:
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

    async def beat(self) -> None:
        await self.hub.presence.touch(list(self.hub.sockets))
        changed = await self.hub.presence.changes()
        for stream in list(streams.streams.values()) if changed else ():
            await stream.presence_changed(self.hub, changed)
