"""The socket server itself, as processes of their own: two of them over one Redis, one database and real sockets."""

import asyncio
import signal
from contextlib import AsyncExitStack

import pytest

from accounts.models import User
from chat.models import Message, Room
from deploy import healthcheck
from realtime.database import in_thread
from realtime.protocol import Close
from tests.support.rooms import say
from tests.support.serving import Start, ready
from tests.support.wire import TIMEOUT, open_session

pytestmark = [pytest.mark.usefixtures("real_redis", "transactional_db"), pytest.mark.any_database]


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
    assert await asyncio.to_thread(server.process.wait, TIMEOUT) == 0
    assert "Traceback" not in server.log.read_text()


async def test_a_server_that_sends_its_sockets_home_is_not_ready_for_more(start: Start, ada: User) -> None:
    """It stops accepting while sockets are still open."""
    server, session = start(), await in_thread(open_session, ada)
    await ready(server)
    async with AsyncExitStack() as open_sockets:
        lines = [await open_sockets.enter_async_context(server.connect(session)) for _each in range(40)]
        for line in lines:
            await line.ok("ping")
        assert await asyncio.to_thread(healthcheck.probe_live, str(server.path))
        server.process.send_signal(signal.SIGTERM)
        ends = [asyncio.create_task(line.closed()) for line in lines]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        assert not server.path.exists()
        assert not all(end.done() for end in ends), "some are still there"
        assert {await end for end in ends} == {Close.RESTART}


async def test_a_frame_too_large_or_unreadable_harms_nobody_else(start: Start, room: Room, ada: User) -> None:
    server, session = start(), await in_thread(open_session, ada)
    await ready(server)
    async with server.connect(session) as line, server.connect(session) as other:
        await line.socket.send("x" * 70_000)
        assert await line.closed() == 1009
        await other.send(room, "é" * 10_000)  # the longest message fits
        await other.socket.send(b"\xff\xfe not text")
        assert (await other.until(lambda each: "error" in each))["error"]["code"] == "malformed"
        await other.ok("ping")
