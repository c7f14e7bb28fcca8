"""The registry of the apps: kinds of streams, and handlers of commands."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import msgspec

from myweb.errors import Refused
from realtime.database import in_thread
from realtime.protocol import Command, Event, Subscribed

if TYPE_CHECKING:
    from realtime.hub import Hub
    from realtime.presence import Changes
    from realtime.socket import Socket


class SubscribeRequest(NamedTuple):
    """A user or guest wants to follow a stream of this kind."""

    user_id: int
    key: str
    after: int | None
    epoch: str


class Stream(ABC):
    """A kind of stream, ``<name>`` or ``<name>.<key>``. Methods without ``async`` run in a database thread.

    ``open`` is the access check: it returns :class:`Refused` for users without access. After a restart it gets many
    requests at once. A stream in the hub is a *topic*; topic names are internal and decide which sockets share a frame.
    """

    name: ClassVar[str]
    guests: ClassVar[bool] = False  # whether guests may follow; their user ids are negative

    @abstractmethod
    def open(self, requests: Sequence[SubscribeRequest]) -> list[Subscribed | Refused]: ...

    def topic(self, user_id: int, key: str) -> str:
        return f"{self.name}.{key}"

    def group(self, user_id: int, key: str) -> str:
        """The layer group of this stream."""
        return self.topic(user_id, key)

    async def on_subscribed(self, hub: "Hub", socket: "Socket", key: str, answer: Subscribed) -> Subscribed | None:
        """A socket is about to follow. May return another answer than ``open`` gave."""

    async def on_unsubscribed(self, hub: "Hub", socket: "Socket", key: str) -> None:
        """A socket has unsubscribed."""

    async def on_note(self, hub: "Hub", key: str, note: dict[str, Any]) -> None:
        """A layer event had a note for this kind of stream."""

    async def presence_events(
        self, hub: "Hub", changes: "Changes", online: frozenset[int]
    ) -> list[tuple[str, list[Event]]]:
        """Users came online or went offline; ``online`` are all now. Returns the events by topic."""
        return []

    async def reread(self, hub: "Hub") -> None:
        """Finds lost layer events in the database."""

    async def each_second(self, hub: "Hub") -> None: ...

    def still_allowed(self, pairs: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
        """The (user, key) pairs that still have access; called every minute, in case a layer event was lost."""
        return set(pairs)


class LogStream(Stream):
    """A stream whose events are numbered and stored."""

    async def reread(self, hub: "Hub") -> None:
        prefix = f"{self.name}."
        keys = [name.removeprefix(prefix) for name in hub.topics if name.startswith(prefix)]
        for key, head in (await in_thread(self.heads, keys) if keys else {}).items():
            topic = hub.topics.get(prefix + key)
            if topic and topic.head is not None and topic.head < head:
                topic.highest_rev_seen = max(topic.highest_rev_seen, head)  # repair reads up to there
                await hub.repair(topic)
                hub.notify_observers(self.name, key)

    @abstractmethod
    def heads(self, keys: Iterable[str]) -> dict[str, int]:
        """The last ``rev`` of each stream; deleted ones are left out."""

    @abstractmethod
    def since(self, key: str, after: int) -> tuple[int, list[Event]]:
        """The present states touched after ``after``, by rising ``rev``, and the rev up to which these are all.

        Where they are many that may be less than the head.
        """


Handler = Callable[["Hub", "Socket", Any], Awaitable[Any]]

streams: dict[str, Stream] = {}
commands: dict[type[Command], Handler] = {}
for_guests: set[type[Command]] = set()


def register_stream(stream: Stream) -> None:
    streams[stream.name] = stream


def command(kind: type[Command], *, guests: bool = False) -> Callable[[Handler], Handler]:
    """Registers a command's handler. What it returns, or the result of a future that it returns, is the answer."""

    def register(handler: Handler) -> Handler:
        commands[kind] = handler
        if guests:
            for_guests.add(kind)
        return handler

    return register


def find_stream(name: str) -> tuple[Stream, str]:
    kind, _, key = name.partition(".")
    stream = streams.get(kind)
    if stream is None:
        raise Refused("not_found", f"There is no stream {name!r}.")
    return stream, key


def build_decoder() -> "msgspec.json.Decoder[Command]":
    kinds = tuple(commands)
    union: Any = kinds[0]
    for kind in kinds[1:]:
        union = union | kind
    return msgspec.json.Decoder(union)
