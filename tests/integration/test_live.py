"""The socket server itself, as processes of their own: two of them over one Redis, one database and real sockets."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connections
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from accounts.models import User
from chat.models import Message, Room
from realtime.database import in_thread
from realtime.protocol import Close
from tests.rooms import make_room, say
from tests.wire import ORIGIN, PATIENCE, open_session

pytestmark = pytest.mark.usefixtures("real_redis")

ROOT = Path(__file__).parents[2]


def environment() -> dict[str, str]:
    default = connections["default"].settings_dict
    name = "MYWEB_SQLITE" if connections["default"].vendor == "sqlite" else "DATABASE_NAME"
    return {**os.environ, name: str(default["NAME"]), "REDIS_PREFIX": settings.REDIS_PREFIX}


class Server:
    def __init__(self, path: Path) -> None:
        self.path = path
        argv = [sys.executable, "manage.py", "live", "--unix-socket", str(path), "--drain-seconds", "0.2"]
        self.log = path.with_suffix(".log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(argv, cwd=ROOT, env=environment(), stdout=log, stderr=log)

    @asynccontextmanager
    async def connect(self, session: str) -> AsyncIterator["Line"]:
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
        uri = "ws://live/ws/"
        async with unix_connect(str(self.path), uri, origin=Origin(ORIGIN), additional_headers=headers) as socket:
            yield Line(socket)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Line:
    """A socket read frame by frame."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self.number = 0

    async def until(self, found: Callable[[Any], bool]) -> Any:
        """Reads on until a frame's answer or one of its events is the one looked for."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = json.loads(await self.socket.recv())
                for each in frame if isinstance(frame, list) else [frame]:
                    if found(each):
                        return each

    async def ok(self, do: str, **fields: Any) -> Any:
        self.number += 1
        await self.socket.send(json.dumps({"id": self.number, "do": do, **fields}))
        return (await self.until(lambda each: each.get("re") == self.number))["ok"]

    async def send(self, room: Room, body: str) -> Any:
        return await self.ok("message.send", room=room.pk, client_id=str(uuid4()), body=body)

    async def hears(self, body: str) -> None:
        await self.until(lambda each: each.get("type") == "message.created" and body in each["data"]["html"])

    async def closed(self) -> int | None:
        try:
            await self.until(lambda each: False)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None
        raise AssertionError("unreachable: it reads until the end")


Start = Callable[[], Server]


@pytest.fixture
def start(transactional_db: None, tmp_path: Path) -> Iterator[Start]:
    started: list[Server] = []

    def start() -> Server:
        started.append(Server(tmp_path / f"{len(started)}.sock"))
        return started[-1]

    yield start
    for server in started:
        server.end()


@pytest.fixture
def room(transactional_db: None, ada: User, ben: User) -> Room:
    return make_room(ada, ben)


async def ready(*servers: Server) -> None:
    async with asyncio.timeout(30):
        for server in servers:
            while not server.path.is_socket():
                assert server.process.poll() is None, server.log.read_text()
                await asyncio.sleep(0.02)


async def test_two_processes_talk_and_a_page_is_heard_by_both(start: Start, room: Room, ada: User, ben: User) -> None:
    first, second = start(), start()
    sessions = [await in_thread(open_session, person) for person in (ada, ben)]
    await ready(first, second)
    async with first.connect(sessions[0]) as one, second.connect(sessions[1]) as other:
        for line in (one, other):
            assert (await line.ok("subscribe", stream=f"room.{room.pk}"))["snapshot"]["messages"] == []
        await one.send(room, "from one")
        await other.hears("from one")
        await other.send(room, "from the other")
        await one.hears("from the other")
        await in_thread(say, room, ada, "from a page")
        await one.hears("from a page")
        await other.hears("from a page")
    assert await in_thread(Message.objects.count) == 3


async def test_a_stop_tells_everyone_to_come_back_and_ends(start: Start, room: Room, ada: User) -> None:
    server, session = start(), await in_thread(open_session, ada)
    await ready(server)
    async with server.connect(session) as one, server.connect(session) as other:
        for line in (one, other):
            await line.ok("ping")
        server.process.send_signal(signal.SIGTERM)
        for line in (one, other):
            assert await line.closed() == Close.RESTART
    assert await asyncio.to_thread(server.process.wait, PATIENCE) == 0
    assert "Traceback" not in server.log.read_text()


async def test_a_frame_too_large_or_unreadable_harms_nobody_else(start: Start, room: Room, ada: User) -> None:
    server, session = start(), await in_thread(open_session, ada)
    await ready(server)
    async with server.connect(session) as line, server.connect(session) as other:
        await line.socket.send("x" * 70_000)
        assert await line.closed() in {1009, None}, "told why, or dropped"
        await other.send(room, "é" * 10_000)  # the longest message fits
        await other.socket.send(b"\xff\xfe not text")
        assert (await other.until(lambda each: "error" in each))["error"]["code"] == "malformed"
        await other.ok("ping")
