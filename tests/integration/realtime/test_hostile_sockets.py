"""Clients that mean harm, or read and write as if they did: it costs them their socket, and nobody else anything."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from accounts.models import User
from chat import serializers
from chat.models import Message, Room
from realtime.database import in_thread
from realtime.protocol import Close
from tests.integration.realtime.test_handshake import ORIGINS
from tests.support.serving import BINARY, PING, Line, Start, deflated, masked, ready
from tests.support.wire import ORIGIN, TIMEOUT, open_session

pytestmark = [pytest.mark.usefixtures("real_redis", "transactional_db"), pytest.mark.any_database]

MIB = 2**20
SOON = 3.0  # seconds on a slow and busy machine, within which everybody else is answered all the time
UNLIMITED = {"MYWEB_COMMANDS_PER_SECOND": "100000"}


@asynccontextmanager
async def answered_all_the_time(line: Line) -> AsyncIterator[None]:
    """Pings meanwhile; none may be answered late."""
    clock, over, waits = asyncio.get_running_loop().time, asyncio.Event(), list[float]()

    async def ping() -> None:
        while not over.is_set():
            begun = clock()
            await line.ok("ping")
            waits.append(clock() - begun)
            await asyncio.sleep(0.01)

    pinging = asyncio.create_task(ping())
    try:
        yield
    finally:
        over.set()
        await pinging
    assert max(waits) < SOON


async def drain(line: Line) -> int | None:
    """Reads and forgets until the end, whose code it tells."""
    try:
        async with asyncio.timeout(20):
            while True:
                await line.socket.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


ANOTHER_PING = b'{"id": 1, "do": "ping"}'
FLOODS = {
    "commands": masked(ANOTHER_PING) * 10_000,
    "nonsense": masked(b"[") * 10_000,
    "nothing": masked(b"") * 10_000,
    "bytes": masked(b"\x00\xff", BINARY) * 10_000,
    "pings that are no commands": masked(b"x" * 125, PING) * 50_000,
    "parts of a message without an end": masked(b"{", final=False) + masked(b"", 0, final=False) * 500_000,
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS.keys())
async def test_who_floods_is_cut_and_nobody_else_waits(start: Start, ada: User, flood: bytes) -> None:
    server, session = start(), await in_thread(open_session, ada)
    await ready(server)
    async with server.connect(session) as flooder, server.connect(session) as other:
        await other.ok("ping")
        before = server.memory()
        async with answered_all_the_time(other):
            flooder.push(flood)
            assert await drain(flooder) == Close.FLOODING
        assert server.memory("VmHWM") - before < 8 * MIB


BOMB = deflated(bytes(8 * MIB))
UNREADABLE = {
    "larger than 64 KiB": (masked(b"x" * 65_000, final=False) + masked(b"x" * 600, 0), 1009),
    "said to be larger than memory": (b"\x81\xff" + (2**62).to_bytes(8, "big") + bytes(4), 1009),
    "no UTF-8": (masked(b"\xff\xfe"), 1007),
    "half a character": (masked("你".encode()[:2]), 1007),
    "not masked": (b"\x81\x02{}", 1002),
    "of an unknown kind": (masked(b"{}", 3), 1002),
    "a ping that is too long": (b"\x89\xfe\x00\x7e" + bytes(4) + b"x" * 126, 1002),
    "larger than 64 KiB when inflated": (masked(BOMB, compressed=True), 1009),
    "larger than 64 KiB when its parts are inflated": (
        masked(BOMB[:60], final=False, compressed=True) + masked(BOMB[60:90], 0, final=False) + masked(BOMB[90:], 0),
        1009,
    ),
    "no UTF-8 when inflated": (masked(deflated(b"\xff\xfe"), compressed=True), 1007),
    "no compressed stream": (masked(b"\x06\xff\xff", compressed=True), 1007),
    "cut off within its compressed stream": (masked(deflated(b"abcd" * 99)[:-3], compressed=True), 1007),
    "compressed anew in its second frame": (
        masked(deflated(b"{}"), final=False, compressed=True) + masked(deflated(b"{}"), 0, compressed=True),
        1002,
    ),
    "a compressed ping": (masked(deflated(b"{}"), PING, compressed=True), 1002),
}


async def test_frames_that_nobody_can_read_end_their_socket_alone(start: Start, ada: User) -> None:
    server, session = start(), await in_thread(open_session, ada)
    await ready(server)
    async with server.connect(session) as other, answered_all_the_time(other):
        before = server.memory()
        for name, (frame, code) in UNREADABLE.items():
            async with server.connect(session) as line:
                await line.ok("ping")
                line.push(frame)
                assert await drain(line) == code, name
        assert server.memory("VmHWM") - before < 4 * MIB
    assert "Traceback" not in server.log.read_text()


DEEP = b"[" * 60_000
NO_COMMANDS = {
    "deep": DEEP,
    "deep in a field": b'{"id": 9, "do": "ping", "x": ' + DEEP,
    "deep objects": b'{"x":' * 12_000,
}


async def test_nonsense_is_answered_on_the_real_server_too(start: Start, room: Room, ada: User) -> None:
    server, session = start(), await in_thread(open_session, ada)
    await ready(server)
    async with server.connect(session) as other, answered_all_the_time(other):
        for name, payload in NO_COMMANDS.items():
            async with server.connect(session) as line:
                line.push(masked(payload))
                error = await line.until(lambda each: "error" in each)
                assert error["error"]["code"] == "malformed", name
                line.push(masked(b'{"id": 4, "do": "ping"}', BINARY))
                assert (await line.until(lambda each: "error" in each))["error"]["code"] == "malformed"
                await line.ok("ping")
                await line.send(room, "é" * 10_000)  # the longest message fits
                for _strike in range(3):
                    line.push(masked(payload))
                assert await line.closed() == Close.MALFORMED, name
    assert "Traceback" not in server.log.read_text()


async def test_who_asks_faster_than_is_answered_is_read_more_slowly_and_loses_nothing(
    start: Start, room: Room, ada: User
) -> None:
    server, session = start(**UNLIMITED), await in_thread(open_session, ada)
    await ready(server)
    many, padding = 900, "x" * 60_000  # 54 MB within the second, and fewer frames than a flood
    asked = [
        masked(json.dumps({"id": number, "do": "subscribe", "stream": f"room.{room.pk}", "x": padding}).encode())
        for number in range(1, many + 1)
    ]
    async with server.connect(session) as hasty, server.connect(session) as other:
        await other.ok("ping")
        before = server.memory()
        async with answered_all_the_time(other):
            hasty.push(b"".join(asked))
            for number in range(1, many + 1):
                answer = await hasty.until(lambda each: "re" in each)
                assert (answer["re"], "ok" in answer) == (number, True)
        assert server.memory("VmHWM") - before < 16 * MIB


async def test_everything_that_is_said_at_once_is_stored_in_its_order(start: Start, room: Room, ada: User) -> None:
    server, session = start(**UNLIMITED), await in_thread(open_session, ada)
    await ready(server)
    bodies = [f"number {number}" for number in range(500)]
    async with server.connect(session) as hasty:
        for number, body in enumerate(bodies, 1):
            fields = {"do": "message.send", "room": room.pk, "client_id": str(uuid4()), "body": body}
            hasty.push(masked(json.dumps({"id": number, **fields}).encode()))
        for number in range(1, len(bodies) + 1):
            assert (await hasty.until(lambda each: "re" in each))["re"] == number
    stored = await in_thread(lambda: [*Message.objects.order_by("seq").values_list("body", flat=True)])
    assert stored == bodies


async def test_who_does_not_read_is_sent_away_and_comes_back_whole(
    start: Start, room: Room, ada: User, ben: User
) -> None:
    server = start(**UNLIMITED)
    talking, listening = [await in_thread(open_session, person) for person in (ada, ben)]
    await ready(server)
    stream, many, body = f"room.{room.pk}", 450, "你" * 9_000  # 12 MB of frames for each that follows
    async with AsyncExitStack() as stack:
        talker, reader, *slow = [
            await stack.enter_async_context(server.connect(session, compression=None))
            for session in (talking, *[listening] * 6)
        ]
        for line in (reader, *slow):
            epoch = (await line.ok("subscribe", stream=stream))["epoch"]
        before = server.memory()
        heard = asyncio.create_task(events_of(reader, upto=many))
        for _message in range(many):
            await asyncio.wait_for(talker.send(room, body), SOON)
        whole = await heard
        assert server.memory("VmHWM") - before < 45 * MIB, "five times 12 MB, and more, if nobody were cut"
        for line in slow:
            held = await events_of(line, upto=many)
            assert held == whole[: len(held)]
            assert len(held) < many, "was reset"
            async with server.connect(listening) as again:
                answer = await again.ok("subscribe", stream=stream, after=held[-1]["rev"], epoch=epoch)
                if answer["recovered"]:
                    assert [*held, *answer["events"]] == whole
                else:  # too much was missed
                    assert answer["snapshot"]["messages"] == [
                        event["data"] for event in whole[-serializers.MESSAGES_PER_PAGE :]
                    ]


async def events_of(line: Line, *, upto: int) -> list[Any]:
    """What was said, until there is so much of it or the end."""
    events: list[Any] = []
    with suppress(ConnectionClosed):
        while len(events) < upto:
            frame = json.loads(await asyncio.wait_for(line.socket.recv(), TIMEOUT))
            events += [each for each in frame if each["type"] == "message.created"] if isinstance(frame, list) else []
    return events


async def test_other_origins_are_refused_by_the_real_server(start: Start, ada: User) -> None:
    server, session = start(), await in_thread(open_session, ada)
    await ready(server)
    for name, origin in ORIGINS.items():
        with pytest.raises(InvalidStatus) as refused:
            async with server.connect(session, origin):
                pytest.fail(f"{name} was let in")
        assert refused.value.response.status_code in {400, 403}, name
    for origin in (ORIGIN, ORIGIN.upper()):
        async with server.connect(session, origin) as line:
            await line.ok("ping")
