"""Frames that a consumer has not read yet: bounded, so that a flood slows down only its sender."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

FRAMES_PER_SECOND = 1_000  # of one socket; no page comes near it
HELD_FRAMES = 100  # above it, reading from the network stops until half of the queue is done
HELD_BYTES = 256 * 1024

Message = dict[str, Any]


class ReceiveQueue:
    """The queue behind ASGI's ``receive``. It also pauses and resumes reading from the network."""

    __slots__ = ("bytes", "frames", "held", "on_wait", "pause", "paused", "resume", "second", "taken", "waiter")

    def __init__(
        self, pause: Callable[[], None], resume: Callable[[], None], on_wait: Callable[[int], None] | None = None
    ) -> None:
        """``on_wait`` is called with the number of messages taken, whenever all of them are done."""
        self.pause, self.resume, self.on_wait = pause, resume, on_wait
        self.taken = 0
        self.held: deque[tuple[int, Message]] = deque()
        self.bytes = 0
        self.paused = False
        self.waiter: asyncio.Future[None] | None = None
        self.second = self.frames = 0

    def is_flooded(self) -> bool:
        """Counts a frame. True if there were too many within a second."""
        second = int(time.monotonic())
        if second != self.second:
            self.second, self.frames = second, 0
        self.frames += 1
        return self.frames > FRAMES_PER_SECOND

    def put(self, message: Message, size: int = 0) -> None:
        self.held.append((size, message))
        self.bytes += size
        if self.waiter and not self.waiter.done():
            self.waiter.set_result(None)
        if not self.paused and (len(self.held) > HELD_FRAMES or self.bytes > HELD_BYTES):
            self.paused = True
            self.pause()

    put_nowait = put  # as Daphne calls it

    def clear(self) -> None:
        """Forgets what has not been taken."""
        self.held.clear()
        self.bytes = 0

    async def get(self) -> Message:
        if not self.held and self.on_wait:
            self.on_wait(self.taken)
        while not self.held:
            self.waiter = asyncio.get_running_loop().create_future()
            await self.waiter
        size, message = self.held.popleft()
        self.taken += 1
        self.bytes -= size
        if self.paused and len(self.held) <= HELD_FRAMES // 2 and self.bytes <= HELD_BYTES // 2:
            self.paused = False
            self.resume()
        return message
