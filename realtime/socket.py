"""One open socket of the hub, and how frames are written by plain ASGI."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, Protocol

import msgspec

from realtime.deflate import MAX_SHARE, MIN_SHARED_SIZE, MIN_SHARING_SOCKETS, MIN_SIZE, compress_message
from realtime.identity import Identity
from realtime.protocol import Close

# A client that reads more slowly is closed and resumes later.
MAX_UNSENT_BYTES = 4 * 1024 * 1024  # bytes on a socket of our own server
WAITING_LIMIT = 1_000  # frames on another ASGI server


class Frame:
    """One text message, encoded once for all its sockets. ``part`` is a part of it that other frames contain, too."""

    def __init__(self, payload: bytes, sockets: int = 1, part: msgspec.Raw | None = None) -> None:
        self.payload, self.sockets, self.part = payload, sockets, part

    @cached_property
    def text(self) -> str:
        return self.payload.decode()

    @cached_property
    def wire(self) -> bytes:
        return build_frame(0x81, self.payload)

    @cached_property
    def compressed_wire(self) -> bytes:
        """For sockets that understand it: compressed, unless that is not worth it."""
        size = len(self.payload)
        if size < (MIN_SHARED_SIZE if self.sockets >= MIN_SHARING_SOCKETS else MIN_SIZE):
            return self.wire
        payload = compress_message(self.payload, self.part)
        return build_frame(0xC1, payload) if len(payload) <= size * MAX_SHARE else self.wire


def build_frame(first: int, payload: bytes) -> bytes:
    """RFC 6455, section 5.2: final and unmasked; ``first`` is 0x81 for text, 0xC1 for compressed text."""
    size = len(payload)
    if size < 126:
        head = bytes((first, size))
    elif size < 65536:
        head = bytes((first, 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 127)) + size.to_bytes(8, "big")
    return head + payload


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

    def write(self, payload: bytes, part: msgspec.Raw | None = None) -> None:
        self.wire.write(Frame(payload, part=part))
