"""One open socket of the hub, and how frames are written by plain ASGI."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, Protocol

from realtime.identity import Identity
from realtime.protocol import Close

# A client that reads more slowly is closed and resumes later.
MAX_UNSENT_BYTES = 4 * 1024 * 1024  # bytes on a socket of our own server
WAITING_LIMIT = 1_000  # frames on another ASGI server


class Frame:
    """One text message, encoded once for all its sockets."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload

    @cached_property
    def text(self) -> str:
        return self.payload.decode()

    @cached_property
    def wire(self) -> bytes:
        """RFC 6455, section 5.2: one final, unmasked text frame."""
        size = len(self.payload)
        if size < 126:
            head = bytes((0x81, size))
        elif size < 65536:
            head = b"\x81\x7e" + size.to_bytes(2, "big")
        else:
            head = b"\x81\x7f" + size.to_bytes(8, "big")
        return head + self.payload


class Wire(Protocol):
    def write(self, frame: Frame) -> None: ...
    def close(self, code: int) -> None: ...


class AsgiWire:
    """Keeps the order of frames over ASGI's ``send``."""

    def __init__(self, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self.send = send
        self.waiting: deque[dict[str, Any]] = deque()
        self.task: asyncio.Task[None] | None = None
        self.closed = False

    def write(self, frame: Frame) -> None:
        if len(self.waiting) >= WAITING_LIMIT:
            self.waiting.clear()
            self.close(Close.SLOW)
        self.put({"type": "websocket.send", "text": frame.text})

    def close(self, code: int) -> None:
        self.put({"type": "websocket.close", "code": int(code)})
        self.closed = True

    def put(self, message: dict[str, Any]) -> None:
        if self.closed:
            return
        self.waiting.append(message)
        if self.task is None:
            self.task = asyncio.get_running_loop().create_task(self.drain())

    async def drain(self) -> None:
        try:
            while self.waiting:
                await self.send(self.waiting.popleft())
        except Exception:
            self.closed = True
            self.waiting.clear()
        finally:
            self.task = None


class Socket:
    def __init__(self, identity: Identity, wire: Wire) -> None:
        self.identity = identity
        self.user_id = identity.user_id
        self.wire = wire
        self.following: dict[str, str] = {}  # stream name -> topic

    def write(self, payload: bytes) -> None:
        self.wire.write(Frame(payload))
