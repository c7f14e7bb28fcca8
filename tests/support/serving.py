"""The socket server as a process of its own, and lines to it: sockets read frame by frame."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connections
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed
from websockets.extensions import ClientExtensionFactory
from websockets.typing import Origin

from chat.models import Room
from deploy.stack.state import is_listening
from tests.support.wire import ORIGIN, TIMEOUT

ROOT = Path(__file__).parents[2]
TEXT, BINARY, PING = 1, 2, 9  # opcodes of RFC 6455


def environment() -> dict[str, str]:
    default = connections["default"].settings_dict
    name = "MYWEB_SQLITE" if connections["default"].vendor == "sqlite" else "DATABASE_NAME"
    own = {name: str(default["NAME"]), "REDIS_PREFIX": settings.REDIS_PREFIX, "MYWEB_FILES_ROOT": settings.MEDIA_ROOT}
    return {**os.environ, **own}


def masked(payload: bytes, opcode: int = TEXT, *, final: bool = True, compressed: bool = False) -> bytes:
    """A frame as clients send it; the mask is zero, so that making many of them costs little."""
    size = len(payload)
    assert size < 65536
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes((opcode | 0x80 * final | 0x40 * compressed,)) + length + bytes(4) + payload


def deflated(payload: bytes) -> bytes:
    """As clients that negotiated compression send it, in a frame with ``compressed``."""
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


class Server:
    def __init__(self, path: Path, **more: str) -> None:
        """``more`` stands in its environment."""
        self.path = path
        argv = [sys.executable, "manage.py", "live", "--unix-socket", str(path), "--drain-seconds", "0.2"]
        self.log = path.with_suffix(".log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(argv, cwd=ROOT, env=environment() | more, stdout=log, stderr=log)

    @asynccontextmanager
    async def connect(
        self,
        session: str,
        origin: str | None = ORIGIN,
        compression: str | None = "deflate",
        extensions: Sequence[ClientExtensionFactory] = (),
    ) -> AsyncIterator["Line"]:
        async with unix_connect(
            str(self.path),
            "ws://live/ws/",
            origin=None if origin is None else Origin(origin),
            additional_headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"},
            compression=compression,
            extensions=list(extensions) or None,
            close_timeout=1,
            max_size=None,
        ) as socket:
            yield Line(socket)

    def memory(self, of: str = "VmRSS") -> int:
        """Bytes held in real memory; "VmHWM": the most that ever were."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(f"{of}:"))

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@contextmanager
def ended(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """It ends when it is asked to; if not, that is an error, and it is killed."""
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def is_open(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


Start = Callable[..., Server]


async def ready(*servers: Server) -> None:
    async with asyncio.timeout(30):
        for server in servers:
            while not is_listening(server.path):  # a socket is there before it takes anybody
                assert server.process.poll() is None, server.log.read_text()
                await asyncio.sleep(0.02)


class Line:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.number = 0

    async def until(self, found: Callable[[Any], bool]) -> Any:
        """Reads on until a frame's answer or one of its events is the one looked for."""
        async with asyncio.timeout(TIMEOUT):
            while True:
                frame = json.loads(await self.socket.recv())
                for each in frame if isinstance(frame, list) else [frame]:
                    if found(each):
                        return each

    async def ok(self, do: str, **fields: Any) -> Any:
        self.number += 1
        await self.socket.send(json.dumps({"id": self.number, "do": do, **fields}))
        return (await self.until(lambda each: each.get("re") == self.number))["ok"]

    def push(self, data: bytes) -> None:
        """Bytes past the client's own framing, which is slow and lets nothing wrong through."""
        self.socket.transport.write(data)

    async def send(self, room: Room, body: str) -> Any:
        return await self.ok("message.send", room=room.pk, client_id=str(uuid4()), body=body)

    async def hears(self, body: str) -> None:
        await self.until(lambda each: each.get("type") == "message.created" and body in each["data"]["html"])

    async def closed(self) -> int | None:
        """The code, or None where the connection was dropped without one."""
        try:
            await self.until(lambda each: False)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None
        raise AssertionError("unreachable: it reads until the end")
