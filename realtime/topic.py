"""One stream in this process: its sockets, its head, its unsent events."""

import asyncio
from collections.abc import Iterable
from time import perf_counter

import msgspec

from realtime.meters import meters
from realtime.protocol import encode
from realtime.socket import Frame, Socket


class Topic:
    def __init__(self, name: str) -> None:
        self.name = name
        self.sockets: set[Socket] = set()
        self.paused: set[Socket] = set()  # subscribed, but get nothing until resumed
        self.opening: dict[Socket, list[Frame]] = {}  # joined, but their answer is still being read
        self.head: int | None = None  # rev of the last event delivered; None until the first read
        self.base = 0  # the head it began with; earlier events were never sent
        self.highest_rev_seen = 0  # delivered or not
        self.early: list[tuple[int, list[bytes]]] = []  # received before the head was known
        self.pending: list[bytes] = []
        self.pending_since = 0.0
        self.free_at = 0.0
        self.due: asyncio.TimerHandle | None = None
        self.repairing = False

    @property
    def is_idle(self) -> bool:
        return not self.sockets and not self.opening and not self.paused

    def begin(self, head: int) -> None:
        """The stream was read up to ``head``: later events follow from there."""
        if self.head is None:
            self.head = self.base = head
            early, self.early = self.early, []
            for first, events in early:
                self.receive(first, events)

    def receive(self, first: int, events: list[bytes]) -> bool:
        """Takes numbered events. False if there is a gap before them, and none was taken."""
        self.highest_rev_seen = max(self.highest_rev_seen, first + len(events) - 1)
        if self.head is None:
            self.early.append((first, events))
            return True
        if first > self.head + 1:
            return False
        fresh = events[self.head + 1 - first :]
        if fresh:
            self.head = first + len(events) - 1
            self.put(fresh)
        return True

    def advance(self, head: int, events: Iterable[bytes]) -> None:
        """Takes events that were read from the database."""
        self.head = head
        self.put(events)

    def put(self, events: Iterable[bytes]) -> None:
        """Queues events and sends them at once, unless the last flush was just now.

        After a flush the topic waits as long as that flush took. So a process spends at most half of its time on one
        topic, and frames carry more events as the load grows.
        """
        if not self.pending:
            self.pending_since = perf_counter()
        self.pending.extend(events)
        if not self.pending or self.due is not None:
            return
        loop = asyncio.get_running_loop()
        wait = self.free_at - loop.time()
        if wait <= 0:
            self.flush()
        else:
            self.due = loop.call_later(wait, self.flush)

    def flush(self) -> None:
        self.due = None
        loop = asyncio.get_running_loop()
        begun = loop.time()
        frame = Frame(b"[" + b",".join(self.pending) + b"]", len(self.sockets) + len(self.opening))
        count, self.pending = len(self.pending), []
        for socket in self.sockets:
            socket.wire.write(frame)
        for held in self.opening.values():
            held.append(frame)
        ended = loop.time()
        self.free_at = ended + (ended - begun)
        meters.count("deliveries", count * len(self.sockets))
        meters.sample("flush", count)
        meters.sample("fanout", perf_counter() - self.pending_since)

    def await_answer(self, socket: Socket) -> None:
        """Holds events back until the socket has its answer, also if it was subscribed before."""
        self.sockets.discard(socket)
        self.paused.discard(socket)
        self.opening.setdefault(socket, [])

    def admit(self, socket: Socket, answer: bytes, part: msgspec.Raw | None = None) -> None:
        """Sends the answer, then the events since, unless the socket has unsubscribed meanwhile."""
        held = self.opening.pop(socket, None)
        if held is None:
            return
        socket.write(answer, part)
        for frame in held:
            socket.wire.write(frame)
        self.sockets.add(socket)

    def pause(self, socket: Socket) -> None:
        """For streams of which only the newest state counts: events until :meth:`resume` are skipped."""
        self.sockets.discard(socket)
        self.paused.add(socket)

    def resume(self, socket: Socket) -> None:
        self.paused.discard(socket)
        self.sockets.add(socket)

    def forget(self, socket: Socket) -> None:
        self.sockets.discard(socket)
        self.paused.discard(socket)
        self.opening.pop(socket, None)


def encode_events(events: Iterable[object]) -> list[bytes]:
    return [encode(event) for event in events]
