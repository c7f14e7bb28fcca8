"""A storm at a real socket server: five enter at a time, five wait, and the others are told when to come."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress

import pytest
from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from accounts.models import User
from realtime.admission import EAGERNESS
from realtime.protocol import Close
from tests.support.redis import free_port
from tests.support.serving import ROOT, ended, environment, is_open
from tests.support.wire import ORIGIN, TIMEOUT, open_session, reached

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.any_database]

SMALL = """
import sys
import django
django.setup()
from realtime import admission, server
admission.MAX_ENTERING = admission.MIN_ENTERING = admission.MIN_LINE = 5
admission.FIRST_RATE = admission.MIN_RATE = 1.0
server.ENTERING_TIMEOUT = server.ENTERING_LIMIT = 3600.0
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "live", "--port", sys.argv[1], "--drain-seconds", "0.2"])
"""


@pytest.fixture
def port() -> Iterator[int]:
    port = free_port()
    env = environment() | {"DJANGO_SETTINGS_MODULE": "myweb.settings"}
    with subprocess.Popen([sys.executable, "-c", SMALL, str(port)], cwd=ROOT, env=env) as process, ended(process):
        yield port


@pytest.fixture
async def storm(port: int, ben: User) -> AsyncIterator["Storm"]:
    await reached(lambda: is_open(port), "the port")
    async with AsyncExitStack() as sockets:
        yield Storm(port, await asyncio.to_thread(open_session, ben), sockets)


class Storm:
    def __init__(self, port: int, session: str, sockets: AsyncExitStack) -> None:
        self.url = f"ws://127.0.0.1:{port}/ws/"
        self.cookie = f"{settings.SESSION_COOKIE_NAME}={session}"
        self.sockets = sockets
        self.greeted: list[ClientConnection] = []
        self.told: list[float] = []  # seconds

    def come(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self.enter())

    async def enter(self) -> None:
        headers = {"Cookie": self.cookie}
        line = await self.sockets.enter_async_context(
            connect(self.url, origin=Origin(ORIGIN), additional_headers=headers, open_timeout=TIMEOUT)
        )
        with suppress(ConnectionClosed):
            await line.recv()
            self.greeted.append(line)
        if line.close_code == Close.BUSY:
            self.told.append(float(line.close_reason or ""))

    async def until(self, greeted: int, told: int) -> None:
        await reached(lambda: (len(self.greeted), len(self.told)) == (greeted, told), f"{greeted} in, {told} told")


async def test_few_enter_few_wait_and_the_others_are_told_times_one_after_another(storm: Storm) -> None:
    coming = [storm.come() for _number in range(16)]
    await storm.until(5, 6)
    assert sorted(storm.told) == storm.told
    assert storm.told[-1] - storm.told[0] == pytest.approx(5 / EAGERNESS, abs=0.5)
    for line in storm.greeted[:3]:  # each has its answer, and another is let in
        await line.send('{"id": 1, "do": "subscribe", "stream": "me"}')
    await storm.until(8, 6)
    for line in storm.greeted[3:]:
        await line.close()
    await storm.until(10, 6)
    await asyncio.gather(*coming)


async def test_a_client_that_gives_up_leaves_its_place_to_another(storm: Storm) -> None:
    inside = [storm.come() for _number in range(5)]
    await storm.until(5, 0)
    waiting = [storm.come() for _number in range(5)]
    refused = storm.come()
    await storm.until(5, 1)
    for task in waiting[:4]:
        task.cancel()
    await asyncio.gather(*waiting[:4], return_exceptions=True)
    late = [storm.come() for _number in range(2)]
    await storm.greeted[0].close()
    await storm.until(6, 1)
    for line in storm.greeted[1:3]:
        await line.close()
    await storm.until(8, 1)
    await asyncio.gather(*inside, waiting[4], refused, *late)


async def test_a_request_that_grows_while_it_waits_is_cut_off(storm: Storm, port: int) -> None:
    inside = [storm.come() for _number in range(5)]
    await storm.until(5, 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /ws/ HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")
    with suppress(ConnectionError):
        writer.write(b"x" * 100_000)
        await writer.drain()
        assert await asyncio.wait_for(reader.read(), TIMEOUT) == b""
    writer.close()
    await asyncio.gather(*inside)
