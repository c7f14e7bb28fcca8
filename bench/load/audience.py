"""Opens many sockets in one room and checks that each gets every message once and in order."""

import asyncio
import contextlib
import time
import zlib
from collections.abc import Callable
from typing import ClassVar

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

AT_ONCE = 50  # handshakes at the same time
ADDRESS = 400  # sockets from one address, because a proxy limits each address
COMPRESSED = {"Sec-WebSocket-Extensions": "permessage-deflate"}  # the header of sockets that ask for compression
INFLATED = 100  # frames that are kept


class Audience:
    """Limits the messages in flight: the next one is sent when all sockets have received one."""

    def __init__(self, size: int, inflight: int) -> None:
        self.size, self.inflight = size, inflight
        self.seats: list[Seat] = []
        self.sent: dict[int, float] = {}  # number -> time, of messages that some sockets still miss
        self.times: list[float] = []  # seconds until the last socket had a message
        self.count = 0
        self.sending = False
        self.errors = 0
        self.emptied = asyncio.Event()

    async def seat(self, make: Callable[[int], "Seat"], progress: Callable[[int], None]) -> None:
        """Connects all sockets and waits until each has subscribed."""
        for begun in range(0, self.size, AT_ONCE):
            seats = [make(number) for number in range(begun, min(begun + AT_ONCE, self.size))]
            await asyncio.gather(*(seat.connect(f"127.0.0.{1 + begun // ADDRESS}") for seat in seats))
            self.seats += seats
            progress(len(self.seats))
        await asyncio.wait_for(asyncio.gather(*(seat.ready.wait() for seat in self.seats)), 120)

    def start(self) -> None:
        self.sending = True
        for _message in range(self.inflight):
            self.say()

    def say(self) -> None:
        self.count += 1
        self.sent[self.count] = time.perf_counter()
        self.seats[self.count % self.size].say(self.count)

    def everywhere(self, number: int) -> None:
        begun = self.sent.pop(number, None)
        if begun is None:
            return
        self.times.append(time.perf_counter() - begun)
        if self.sending:
            self.say()
        elif not self.sent:
            self.emptied.set()

    async def finish(self, timeout: float) -> None:
        self.sending = False
        if self.sent:
            self.emptied.clear()
            with contextlib.suppress(TimeoutError):  # messages that are still missing then count as lost
                await asyncio.wait_for(self.emptied.wait(), timeout)

    def received(self) -> int:
        return sum(seat.count for seat in self.seats)

    def bytes_received(self) -> int:
        return sum(seat.bytes for seat in self.seats)

    def account(self) -> dict[str, int]:
        crossed = sum(seat.crossed() for seat in self.seats)
        return {
            "lost": crossed + sum(max(0, self.count - seat.count) for seat in self.seats),
            "doubled": crossed + sum(seat.doubled + max(0, seat.count - self.count) for seat in self.seats),
            "disordered": sum(seat.disordered for seat in self.seats),
            "errors": self.errors,
            "cut": sum(seat.cut for seat in self.seats),
        }


class Seat(WSListener):
    """One socket. Its dialect writes and reads messages.

    A compressed frame is inflated once. The same frame on another socket is recognised by all of its bytes.
    """

    inflated: ClassVar[dict[bytes, bytes]] = {}

    def __init__(self, audience: Audience, url: str, headers: dict[str, str]) -> None:
        super().__init__()
        self.audience, self.url, self.headers = audience, url, headers
        self.transport: WSTransport
        self.ready = asyncio.Event()
        self.count = 0  # messages received
        self.bytes = 0  # of frames received, with their headers and compressed as they were
        self.doubled = self.disordered = 0
        self.cut = False

    async def connect(self, address: str) -> None:
        await ws_connect(
            lambda: self,
            self.url,
            extra_headers=self.headers,
            max_frame_size=64 * 2**20,
            websocket_handshake_timeout=60,
            local_addr=(address, 0),
        )

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self.greet()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            self.receive(frame.get_payload_as_bytes(), frame.rsv1)

    def receive(self, payload: bytes, is_compressed: bool) -> None:
        size = len(payload)
        self.bytes += size + (2 if size < 126 else 4 if size < 65536 else 10)
        self.hear(self.inflate(payload) if is_compressed else payload)

    def inflate(self, payload: bytes) -> bytes:
        inflated = self.inflated.get(payload)
        if inflated is None:
            if len(self.inflated) >= INFLATED:
                self.inflated.clear()
            inflated = self.inflated[payload] = zlib.decompressobj(-15).decompress(payload + b"\x00\x00\xff\xff")
        return inflated

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.cut = True

    def crossed(self) -> bool:
        """As many messages as were sent have arrived, but not the same ones."""
        return False

    def write(self, payload: bytes) -> None:
        self.transport.send(WSMsgType.TEXT, payload)

    def greet(self) -> None:
        self.ready.set()

    def say(self, number: int) -> None:
        raise NotImplementedError

    def hear(self, payload: bytes) -> None:
        raise NotImplementedError
