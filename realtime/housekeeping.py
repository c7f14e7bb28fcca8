"""Periodic tasks of a hub. They bound the delay after a lost layer event to seconds."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from accounts.models import Workspace
from realtime import streams
from realtime.background import guard_task, start_task
from realtime.database import in_thread
from realtime.guests import filter_still_admitted
from realtime.meters import meters
from realtime.presence import Changes, Presence
from realtime.protocol import Close, Event, encode

if TYPE_CHECKING:
    from realtime.hub import Hub

HEADS_EVERY = 20.0  # seconds between the ``heads`` events
REREAD_EVERY = 10.0  # seconds: lost layer events are found in the database
REREAD_EVERY_ALONE = 1.0  # without Redis the only way to see changes of other processes
RECHECK_EVERY = 45.0  # seconds: sessions and memberships, in case a layer event was lost; promised within 60
LAG_EVERY = 0.25
ECHO_EVERY = 1.0
SOON = 0.3  # seconds until a newcomer is announced
EACH = 0.01  # seconds more for each of those before: in a storm every announcement goes to nearly everybody
SLICE, PAUSE = 50, 0.01  # sockets, then a pause: ten thousand in one go would delay every message


class Housekeeping:
    def __init__(self, hub: "Hub") -> None:
        self.hub = hub
        self.newcomers: set[int] = set()
        self.last_announced = 0  # newcomers together
        self.announcing: asyncio.TimerHandle | None = None
        self.measured_at = 0.0
        self.epoch = ""
        self.presence_lock = asyncio.Lock()  # two updates at once could be sent in the wrong order
        self.tasks = [
            self.every(HEADS_EVERY, self.send_heads),
            self.every(REREAD_EVERY_ALONE if hub.alone else REREAD_EVERY, self.reread),
            self.every(RECHECK_EVERY, self.recheck_access),
            self.every(Presence.INTERVAL, self.update_presence),
            self.every(1.0, self.run_each_second),
            self.every(LAG_EVERY, self.measure_lag),
            *([] if hub.alone else [self.every(ECHO_EVERY, hub.subscriber.check_echo)]),
        ]

    def every(self, seconds: float, task: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        async def repeat() -> None:
            while True:
                await asyncio.sleep(seconds)
                await guard_task(task())

        return self.hub.loop.create_task(repeat())

    def stop(self) -> None:
        if self.announcing:
            self.announcing.cancel()
        for task in self.tasks:
            task.cancel()

    async def send_heads(self) -> None:
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
        await guard_task(self.check_epoch())
        for stream in list(streams.streams.values()):
            await guard_task(stream.reread(self.hub))

    async def check_epoch(self) -> None:
        """A new epoch means that a backup was restored: revs sent before are void."""
        epoch = await in_thread(Workspace.current_epoch)
        if self.epoch and self.epoch != epoch:
            self.hub.reset_all()
        self.epoch = epoch

    async def run_each_second(self) -> None:
        for stream in list(streams.streams.values()):
            await guard_task(stream.each_second(self.hub))

    async def measure_lag(self) -> None:
        """The delay of the event loop."""
        now = self.hub.loop.time()
        if self.measured_at:
            meters.sample("lag", max(0.0, now - self.measured_at - LAG_EVERY))
        self.measured_at = now

    async def recheck_access(self) -> None:
        identities = {socket.identity for socket in self.hub.all_sockets()}
        gone = identities - await in_thread(filter_still_admitted, identities)
        for identity in gone:
            if identity.session not in self.hub.renewals:
                self.hub.close_sockets(identity.user_id, Close.SIGNED_OUT, identity.session)
        for stream in list(streams.streams.values()):
            pairs = {
                (socket.user_id, name.partition(".")[2])
                for socket in self.hub.all_sockets()
                for name in socket.following
                if name.partition(".")[0] == stream.name
            }
            for user_id, key in pairs - await in_thread(stream.still_allowed, pairs) if pairs else ():
                await self.hub.expel(user_id, f"{stream.name}.{key}")

    def announce_soon(self, user_id: int) -> None:
        """Announces a user who came online, together with others of the same moment."""
        if not self.newcomers:
            delay = min(Presence.INTERVAL, max(SOON, self.last_announced * EACH))
            self.announcing = self.hub.loop.call_later(delay, lambda: start_task(self.announce_newcomers()))
        self.newcomers.add(user_id)

    async def announce_newcomers(self) -> None:
        """Does not read who else is online: after a restart thousands come, and each reply would list them all."""
        newcomers, self.newcomers = self.newcomers, set()
        self.last_announced = len(newcomers)
        await self.hub.presence.touch(newcomers)
        async with self.presence_lock:
            await self.publish_presence(self.hub.presence.known | newcomers)

    async def update_presence(self) -> None:
        await self.hub.presence.keep(self.hub.user_ids)
        async with self.presence_lock:
            await self.publish_presence(await self.hub.presence.online())

    async def publish_presence(self, online: frozenset[int]) -> None:
        """Sends who came online or went offline. If the database is away, the next update sends it again."""
        known = self.hub.presence.known
        changes = Changes(online - known, known - online)
        if not changes:
            return
        changed = [await stream.presence_events(self.hub, changes, online) for stream in list(streams.streams.values())]
        self.hub.presence.known = online  # in one step with sending: a snapshot has all of it or none
        for name, events in itertools.chain(*changed):
            self.hub.send_events(name, events)
