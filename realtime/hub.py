"""The hub of one process: its sockets, the topics they follow, and the events from other processes."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.utils.translation import gettext_lazy as _

from myweb.errors import Refused
from realtime import streams
from realtime.background import start_task
from realtime.batching import Batcher
from realtime.database import DATABASE_THREADS, in_thread
from realtime.guests import admit_guests
from realtime.housekeeping import Housekeeping
from realtime.identity import authenticate_sessions, find_identity
from realtime.layer_event import LayerEvent
from realtime.layer_subscriber import LayerSubscriber
from realtime.meters import meters
from realtime.presence import Presence
from realtime.protocol import Answer, Close, Event, Subscribe, Subscribed, encode
from realtime.socket import Socket
from realtime.streams import SubscribeRequest
from realtime.topic import Topic, encode_events

BATCH_CONCURRENCY = DATABASE_THREADS - 1  # batches of one kind; slow ones leave a thread for all else

_hubs: dict[asyncio.AbstractEventLoop, "Hub"] = {}


def list_running_hubs() -> list["Hub"]:
    """The hubs of this process; normally none (uWSGI, commands) or one (Daphne)."""
    return [hub for loop, hub in list(_hubs.items()) if loop.is_running()]


def get_hub() -> "Hub":
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        for stale in [loop for loop in _hubs if loop.is_closed()]:
            del _hubs[stale]
        _hubs[loop] = Hub(loop)
    return _hubs[loop]


class Hub:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.name = secrets.token_hex(8)
        self.alone = isinstance(get_channel_layer(), InMemoryChannelLayer)
        self.subscriber = LayerSubscriber(self.on_layer_message)
        self.presence = Presence()
        self.topics: dict[str, Topic] = {}
        self.sockets: dict[int, set[Socket]] = {}  # by user id
        self.observers: dict[str, list[Callable[[Hub, str], None]]] = {}  # stream name -> called with the changed key
        self.renewals: dict[str, str] = {}  # digests of sessions whose keys change: before -> after
        self.authenticator = Batcher(authenticate_sessions, size=200, concurrency=BATCH_CONCURRENCY)
        self.guest_authenticator = Batcher(admit_guests, size=200, concurrency=BATCH_CONCURRENCY)
        self.openings: dict[str, Batcher[SubscribeRequest, Subscribed]] = {}  # by kind of stream
        self.housekeeping = Housekeeping(self)

    # Sockets

    def open(self, socket: Socket) -> None:
        if socket.user_id not in self.sockets:
            self.sockets[socket.user_id] = set()
            self.subscriber.hold(f"user.{socket.user_id}")
        if not socket.identity.is_guest and not self.sockets[socket.user_id]:
            self.housekeeping.announce_soon(socket.user_id)
        self.sockets[socket.user_id].add(socket)

    async def close(self, socket: Socket) -> None:
        for name in list(socket.following):
            await self.unsubscribe(socket, name)
        mine = self.sockets.get(socket.user_id)
        if mine and socket in mine:
            mine.discard(socket)
            if not mine:
                del self.sockets[socket.user_id]
                self.subscriber.release(f"user.{socket.user_id}")
                if not socket.identity.is_guest:
                    await self.presence.touch([socket.user_id])  # online for a little longer, then gone

    def all_sockets(self) -> list[Socket]:
        return [socket for sockets in self.sockets.values() for socket in sockets]

    @property
    def user_ids(self) -> list[int]:
        return [user_id for user_id in self.sockets if user_id > 0]

    # Following

    def topic(self, name: str) -> Topic:
        return self.topics.setdefault(name, Topic(name))

    async def subscribe(self, socket: Socket, command: Subscribe) -> None:
        """Joins, then reads, so that no event is missed. The socket gets the answer before any event."""
        stream, key = streams.find_stream(command.stream)
        if socket.identity.is_guest and not stream.guests:
            raise Refused("not_found", _("Not found, or you don't have access."))
        topic = self.topic(stream.topic(socket.user_id, key))
        topic.await_answer(socket)
        if command.stream not in socket.following:
            socket.following[command.stream] = topic.name
            self.subscriber.hold(stream.group(socket.user_id, key))
        try:
            request = SubscribeRequest(socket.user_id, key, command.after, command.epoch)
            answer = await self.opening(stream).submit(request)
            if answer.head < topic.base:  # a later answer came first and began the topic beyond this one
                answer = await self.opening(stream).submit(request)
            payload = await stream.on_subscribed(self, socket, key, answer) or answer
        except BaseException:
            await self.unsubscribe(socket, command.stream)
            raise
        if command.stream not in socket.following:  # expelled while the answer was being read
            raise Refused("not_found", _("Not found, or you don't have access."))
        self.housekeeping.epoch = self.housekeeping.epoch or answer.epoch  # a restore may precede the first check
        meters.count("resumed" if answer.recovered else "snapshots")
        topic.begin(answer.head)
        if topic.head is not None and topic.highest_rev_seen > topic.head:  # a gap among the events meanwhile
            start_task(self.repair(topic))
        encoded = (part for part in (payload.snapshot, payload.events) if isinstance(part, msgspec.Raw))
        topic.admit(socket, encode(Answer(command.id, ok=payload)), next(encoded, None))

    def opening(self, stream: streams.Stream) -> "Batcher[SubscribeRequest, Subscribed]":
        if stream.name not in self.openings:
            self.openings[stream.name] = Batcher(
                lambda requests: stream.open(requests),  # noqa: PLW0108 - tests replace ``open``
                size=200,
                concurrency=BATCH_CONCURRENCY,
            )
        return self.openings[stream.name]

    async def unsubscribe(self, socket: Socket, name: str) -> None:
        topic_name = socket.following.pop(name, None)
        if topic_name is None:
            return
        stream, key = streams.find_stream(name)
        topic = self.topic(topic_name)
        topic.forget(socket)
        self.subscriber.release(stream.group(socket.user_id, key))
        await stream.on_unsubscribed(self, socket, key)
        self.tidy(topic)

    def send_events(self, name: str, events: Iterable[Event]) -> None:
        """Sends state events to the sockets of this process that follow a topic."""
        if topic := self.topics.get(name):
            topic.put(encode_events(events))

    def tidy(self, topic: Topic) -> None:
        if topic.is_idle and self.topics.get(topic.name) is topic:
            if topic.due:
                topic.due.cancel()
            del self.topics[topic.name]

    async def expel(self, user_id: int, name: str) -> None:
        """Unsubscribes a user who has lost access, and says so."""
        for socket in [socket for socket in self.sockets.get(user_id, ()) if name in socket.following]:
            await self.unsubscribe(socket, name)
            socket.write(encode([Event(name, 0, "closed", {"code": "not_found"})]))

    # Layer events

    def publish(self, group: str, event: LayerEvent) -> None:
        """Serves the sockets of this process at once, and publishes to the other processes."""
        event["origin"] = self.name
        self.handle_event(event)
        self.subscriber.publish(group, dict(event))

    def on_layer_message(self, event: Any) -> None:
        if event.get("origin") != self.name:
            self.handle_event(event)

    def handle_event(self, event: LayerEvent) -> None:
        if "kick" in event:
            self.close_sockets(event["user"], event["kick"], event.get("session", ""), kept=event.get("kept", ""))
            if "renewed" in event:
                self.renewals[event["kept"]] = event["renewed"]
                start_task(self.renew(event["user"], event["kept"], event["renewed"]))
            return
        name, _, key = event["topic"].partition(".")
        if "note" in event:
            start_task(streams.streams[name].on_note(self, key, event["note"]))
        topic = self.topics.get(event["topic"])
        events = [encoded.encode() for encoded in event.get("events", ())]
        first = event.get("first", 0)
        if topic and not first:
            topic.put(events)
        elif topic and not topic.receive(first, events):
            start_task(self.repair(topic))
        if first and not event.get("quiet"):
            self.notify_observers(name, key)

    def notify_observers(self, name: str, key: str) -> None:
        for observer in self.observers.get(name, ()):
            observer(self, key)

    def close_sockets(self, user_id: int, code: int, session: str = "", *, kept: str = "") -> None:
        for socket in list(self.sockets.get(user_id, ())):
            held = self.session_of(socket)
            if (not kept or socket.identity.session != kept) and (not session or held == session):
                socket.wire.close(code)

    def session_of(self, socket: Socket) -> str:
        """The digest of its session, also while the new session key is being read."""
        held = socket.identity.session
        return self.renewals.get(held, held)

    async def renew(self, user_id: int, before: str, after: str) -> None:
        """Moves the sockets of a session to its new key, which is read from the database."""
        sockets = [socket for socket in self.sockets.get(user_id, ()) if socket.identity.session == before]
        try:
            identity = await in_thread(find_identity, user_id, after) if sockets else None
            for socket in sockets:
                if identity:
                    socket.identity = identity
                else:
                    socket.wire.close(Close.SIGNED_OUT)
        finally:
            self.renewals.pop(before, None)

    async def repair(self, topic: Topic) -> None:
        """Reads from the database what a topic has missed, again if more events came meanwhile."""
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
                topic.advance(head, encode_events(link_revisions(topic.head, fresh)))
                if topic.head >= topic.highest_rev_seen:
                    break
        finally:
            topic.repairing = False

    def reset_all(self) -> None:
        """Drops all topics and sockets; every client reconnects and starts from a snapshot."""
        for topic in self.topics.values():
            if topic.due:
                topic.due.cancel()
        self.topics.clear()
        for socket in self.all_sockets():
            socket.wire.close(Close.RESTART)

    async def shut_down(self) -> None:
        self.housekeeping.stop()
        self.subscriber.close()
        with contextlib.suppress(Exception):
            await self.presence.close()
        _hubs.pop(self.loop, None)


def link_revisions(head: int, events: list[Event]) -> list[Event]:
    """Overwritten states are missing when read again: each event says which rev it follows, so no gap is seen."""
    for event in events:
        event.after = head
        head = event.rev
    return events
