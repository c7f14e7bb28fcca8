"""The switchboard of one process: its sockets, the topics they follow, and the bell that other processes ring."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.utils.translation import gettext_lazy as _

from myweb.errors import Refused
from realtime import streams
from realtime.background import start
from realtime.batches import Batches
from realtime.bell import Bell
from realtime.database import THREADS, in_thread
from realtime.duties import Duties
from realtime.ear import Ear
from realtime.guests import admitted
from realtime.meters import meters
from realtime.presence import Presence
from realtime.protocol import Answer, Close, Event, Subscribe, Subscribed, encode
from realtime.session import authenticate, find_person
from realtime.socket import Socket
from realtime.streams import Asked
from realtime.topic import Topic, encode_events

AT_ONCE = THREADS - 1  # batches of one kind: slow ones leave a thread to everything else

_hubs: dict[asyncio.AbstractEventLoop, "Hub"] = {}


def running() -> list["Hub"]:
    """The hubs of this process; normally none (uWSGI, commands) or one (Daphne)."""
    return [hub for loop, hub in list(_hubs.items()) if loop.is_running()]


def get_hub() -> "Hub":
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        for stale in [each for each in _hubs if each.is_closed()]:
            del _hubs[stale]
        _hubs[loop] = Hub(loop)
    return _hubs[loop]


class Hub:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.name = secrets.token_hex(8)
        self.alone = isinstance(get_channel_layer(), InMemoryChannelLayer)
        self.ear = Ear(self.heard)
        self.presence = Presence()
        self.topics: dict[str, Topic] = {}
        self.sockets: dict[int, set[Socket]] = {}  # by person
        self.observers: dict[str, list[Callable[[Hub, str], None]]] = {}  # stream name -> told of news in a key
        self.renewals: dict[str, str] = {}  # digests of sessions whose keys are being exchanged: before -> after
        self.arrivals = Batches(authenticate, size=200, at_once=AT_ONCE)
        self.visits = Batches(admitted, size=200, at_once=AT_ONCE)
        self.openings: dict[str, Batches[Asked, Subscribed]] = {}  # by the name of a kind of stream
        self.duties = Duties(self)

    # Sockets

    def open(self, socket: Socket) -> None:
        if socket.user_id not in self.sockets:
            self.sockets[socket.user_id] = set()
            self.ear.hold(f"user.{socket.user_id}")
        if not socket.person.is_guest and not self.sockets[socket.user_id]:
            self.duties.beat_soon(socket.user_id)
        self.sockets[socket.user_id].add(socket)

    async def close(self, socket: Socket) -> None:
        for name in list(socket.following):
            await self.unsubscribe(socket, name)
        mine = self.sockets.get(socket.user_id)
        if mine and socket in mine:
            mine.discard(socket)
            if not mine:
                del self.sockets[socket.user_id]
                self.ear.release(f"user.{socket.user_id}")
                if not socket.person.is_guest:
                    await self.presence.touch([socket.user_id])  # from now they are here a little longer, then gone

    def all_sockets(self) -> list[Socket]:
        return [socket for sockets in self.sockets.values() for socket in sockets]

    @property
    def people(self) -> list[int]:
        return [user_id for user_id in self.sockets if user_id > 0]

    # Following

    def topic(self, name: str) -> Topic:
        return self.topics.setdefault(name, Topic(name))

    async def subscribe(self, socket: Socket, asked: Subscribe) -> None:
        """Joins first and reads second, so that nothing falls between; the socket's answer comes before any event."""
        stream, key = streams.find(asked.stream)
        if socket.person.is_guest and not stream.guests:
            raise Refused("not_found", _("Not found, or you don't have access."))
        topic = self.topic(stream.topic(socket.user_id, key))
        topic.await_answer(socket)
        if asked.stream not in socket.following:
            socket.following[asked.stream] = topic.name
            self.ear.hold(stream.group(socket.user_id, key))
        try:
            question = Asked(socket.user_id, key, asked.after, asked.epoch)
            answer = await self.opening(stream).ask(question)
            if answer.head < topic.base:  # another's answer, read later, came first and began the topic beyond this one
                answer = await self.opening(stream).ask(question)
            payload = await stream.joined(self, socket, key, answer) or answer
        except BaseException:
            await self.unsubscribe(socket, asked.stream)
            raise
        if asked.stream not in socket.following:  # expelled while the answer was being read
            raise Refused("not_found", _("Not found, or you don't have access."))
        self.duties.epoch = self.duties.epoch or answer.epoch  # a restore may come before the first look at it
        meters.count("resumed" if answer.recovered else "snapshots")
        topic.begin(answer.head)
        if topic.head is not None and topic.rung > topic.head:  # a hole among the bells that rang meanwhile
            start(self.repair(topic))
        topic.admit(socket, encode(Answer(asked.id, ok=payload)))

    def opening(self, stream: streams.Stream) -> "Batches[Asked, Subscribed]":
        if stream.name not in self.openings:
            self.openings[stream.name] = Batches(
                lambda asked: stream.open(asked),  # noqa: PLW0108 - looked up when it is asked
                size=200,
                at_once=AT_ONCE,
            )
        return self.openings[stream.name]

    async def unsubscribe(self, socket: Socket, name: str) -> None:
        topic_name = socket.following.pop(name, None)
        if topic_name is None:
            return
        stream, key = streams.find(name)
        topic = self.topic(topic_name)
        topic.forget(socket)
        self.ear.release(stream.group(socket.user_id, key))
        await stream.left(self, socket, key)
        self.tidy(topic)

    def tell(self, name: str, events: Iterable[Event]) -> None:
        """Sends state events to whoever follows a topic here."""
        if topic := self.topics.get(name):
            topic.put(encode_events(events))

    def tidy(self, topic: Topic) -> None:
        if topic.is_idle and self.topics.get(topic.name) is topic:
            if topic.due:
                topic.due.cancel()
            del self.topics[topic.name]

    async def expel(self, user_id: int, name: str) -> None:
        """Takes a stream away from someone who may not follow it any more, and tells them."""
        for socket in [each for each in self.sockets.get(user_id, ()) if name in each.following]:
            await self.unsubscribe(socket, name)
            socket.write(encode([Event(name, 0, "closed", {"code": "not_found"})]))

    # The bell

    def post(self, group: str, bell: Bell) -> None:
        """Serves the sockets of this process without waiting for the layer, and rings for the others."""
        bell["origin"] = self.name
        self.take(bell)
        self.ear.ring(group, dict(bell))

    def heard(self, bell: Any) -> None:
        if bell.get("origin") != self.name:
            self.take(bell)

    def take(self, bell: Bell) -> None:
        if "kick" in bell:
            self.kick(bell["user"], bell["kick"], bell.get("session", ""), kept=bell.get("kept", ""))
            if "renewed" in bell:
                self.renewals[bell["kept"]] = bell["renewed"]
                start(self.renew(bell["user"], bell["kept"], bell["renewed"]))
            return
        name, _, key = bell["topic"].partition(".")
        if "note" in bell:
            start(streams.streams[name].noted(self, key, bell["note"]))
        topic = self.topics.get(bell["topic"])
        events = [event.encode() for event in bell.get("events", ())]
        first = bell.get("first", 0)
        if topic and not first:
            topic.put(events)
        elif topic and not topic.ring(first, events):
            start(self.repair(topic))
        if first:
            self.tell_observers(name, key)

    def tell_observers(self, name: str, key: str) -> None:
        for observer in self.observers.get(name, ()):
            observer(self, key)

    def kick(self, user_id: int, code: int, session: str = "", *, kept: str = "") -> None:
        for socket in list(self.sockets.get(user_id, ())):
            held = self.session_of(socket)
            if (not kept or socket.person.session != kept) and (not session or held == session):
                socket.wire.close(code)

    def session_of(self, socket: Socket) -> str:
        """The digest of its session, also while the key that the session has now is being looked up."""
        held = socket.person.session
        return self.renewals.get(held, held)

    async def renew(self, user_id: int, before: str, after: str) -> None:
        """A session got a new key, which only the database tells: its sockets are known by that from now on."""
        sockets = [socket for socket in self.sockets.get(user_id, ()) if socket.person.session == before]
        try:
            person = await in_thread(find_person, user_id, after) if sockets else None
            for socket in sockets:
                if person:
                    socket.person = person
                else:
                    socket.wire.close(Close.SIGNED_OUT)
        finally:
            self.renewals.pop(before, None)

    async def repair(self, topic: Topic) -> None:
        """Reads from the database what a topic has missed, and again if more rang meanwhile."""
        if topic.repairing or topic.head is None:
            return
        topic.repairing = True
        name, _, key = topic.name.partition(".")
        stream = streams.streams[name]
        assert isinstance(stream, streams.LogStream)
        try:
            while True:
                head, events = await in_thread(stream.since, key, topic.head)
                if head <= topic.head:
                    break
                fresh = [event for event in events if event.rev > topic.head]
                topic.advance(head, encode_events(bridged(topic.head, fresh)))
                if topic.head >= topic.rung:
                    break
        finally:
            topic.repairing = False

    def start_over(self) -> None:
        """Forgets how far the logs were; everybody comes back, and begins with a snapshot."""
        for topic in self.topics.values():
            if topic.due:
                topic.due.cancel()
        self.topics.clear()
        for socket in self.all_sockets():
            socket.wire.close(Close.RESTART)

    async def shut(self) -> None:
        self.duties.stop()
        self.ear.close()
        with contextlib.suppress(Exception):
            await self.presence.close()
        _hubs.pop(self.loop, None)


def bridged(head: int, events: list[Event]) -> list[Event]:
    """States read again leave out what was overwritten since: each says which rev it follows, so no gap is seen."""
    for event in events:
        event.after = head
        head = event.rev
    return events
