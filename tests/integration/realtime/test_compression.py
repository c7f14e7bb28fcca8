"""Sockets with and without permessage-deflate on the real server."""

import json
import random
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.extensions import ClientExtensionFactory
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame

from accounts.models import User
from chat.models import Room
from realtime.database import in_thread
from realtime.protocol import Close
from tests.integration.realtime.test_hostile_sockets import answered_all_the_time, drain
from tests.support.rooms import say
from tests.support.serving import Line, Start, deflated, masked, ready
from tests.support.wire import open_session

pytestmark = [pytest.mark.usefixtures("real_redis", "transactional_db"), pytest.mark.any_database]

LONG = "The night shift hands over in ten minutes. " * 40


def note_frames(line: Line) -> list[tuple[bool, bytes]]:
    """Whether each frame from the server is compressed, and its payload."""
    frames: list[tuple[bool, bytes]] = []
    [extension] = line.socket.protocol.extensions
    decode = extension.decode

    def note(frame: Frame, **options: Any) -> Frame:
        frames.append((frame.rsv1, bytes(frame.data)))
        return decode(frame, **options)

    extension.decode = note  # type: ignore[method-assign]
    return frames


async def test_who_asks_gets_compressed_frames_and_the_others_the_same_content(
    start: Start, room: Room, ada: User
) -> None:
    server, session = start(), await in_thread(open_session, ada)
    await in_thread(say, room, ada, LONG)
    await ready(server)
    async with server.connect(session) as asked, server.connect(session, compression=None) as plain:
        assert get_extensions(asked) == "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        assert get_extensions(plain) is None
        frames = note_frames(asked)
        first, second = [(await line.ok("subscribe", stream=f"room.{room.pk}"))["snapshot"] for line in (asked, plain)]
        assert first["messages"] == second["messages"] != []
        await asked.ok("ping")
        assert [compressed for compressed, payload in frames if b'"hello"' not in payload] == [True, False]
        await plain.send(room, LONG)
        await asked.hears(LONG.strip())
        await asked.send(room, "Thanks")
        await plain.hears("Thanks")


def get_extensions(line: Line) -> str | None:
    assert line.socket.response
    return line.socket.response.headers.get("Sec-WebSocket-Extensions")


async def test_a_frame_for_many_is_compressed_once_and_a_third_in_size(start: Start, room: Room, ada: User) -> None:
    server, session = start(), await in_thread(open_session, ada)
    await ready(server)
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(server.connect(session)) for _line in range(25)]
        for line in lines:
            await line.ok("subscribe", stream=f"room.{room.pk}")
        noted = [note_frames(line) for line in lines]
        await lines[0].send(room, LONG)
        for line in lines[1:]:
            await line.hears(LONG.strip())
        compressed = [payload for frames in noted[1:] for is_compressed, payload in frames if is_compressed]
        assert len(compressed) == len(lines) - 1
        assert len(set(compressed)) == 1
        assert len(compressed[0]) < len(LONG) / 3


class Offered(ClientExtensionFactory):
    """Any header, of a client that takes no answer to it."""

    def __init__(self, header: str) -> None:
        name, *params = header.split("; ")
        self.name = name  # type: ignore[assignment]
        self.params = [(key, value or None) for key, _is, value in (param.partition("=") for param in params)]

    def get_request_params(self) -> Any:
        return self.params

    def process_response_params(self, params: Any, accepted_extensions: Any) -> Any:
        raise AssertionError(f"{self.name} was accepted with {params}")


@pytest.mark.parametrize(
    "header",
    [
        "permessage-deflate; server_max_window_bits=10",
        "permessage-deflate; client_max_window_bits=99",
        "permessage-deflate; speed=fast",
        "permessage-bzip2; client_max_compress_level=9",
        "permessage-brotli",
        "x-webkit-deflate-frame",
    ],
)
async def test_what_cannot_be_accepted_is_declined_and_the_socket_works_without(
    start: Start, ada: User, header: str
) -> None:
    server, session = start(), await in_thread(open_session, ada)
    await ready(server)
    async with server.connect(session, compression=None, extensions=[Offered(header)]) as line:
        assert get_extensions(line) is None
        await line.ok("ping")


async def test_the_first_offer_that_can_be_accepted_is(start: Start, ada: User) -> None:
    server, session = start(), await in_thread(open_session, ada)
    await ready(server)
    offers = [ClientPerMessageDeflateFactory(server_max_window_bits=bits) for bits in (9, 15)]
    async with server.connect(session, compression=None, extensions=offers) as line:
        assert (get_extensions(line) or "").endswith("; server_max_window_bits=15")
        await line.ok("ping")


async def test_compressed_commands_may_come_in_parts_with_pings_between(start: Start, ada: User) -> None:
    server, session = start(), await in_thread(open_session, ada)
    await ready(server)
    async with server.connect(session) as line:
        for number in range(100, 110):
            command = deflated(json.dumps({"id": number, "do": "ping"}).encode())
            for place in range(len(command)):
                line.push(masked(command[place : place + 1], 0 if place else 1, final=False, compressed=not place))
                line.push(masked(b"", 9))
            line.push(masked(b"", 0))
            assert (await line.until(lambda each: "re" in each))["re"] == number


async def test_a_compressed_frame_without_compression_ends_the_socket(start: Start, ada: User) -> None:
    server, session = start(), await in_thread(open_session, ada)
    await ready(server)
    async with server.connect(session, compression=None) as line:
        line.push(masked(deflated(b"{}"), compressed=True))
        assert await drain(line) == 1002


async def test_many_bombs_harm_nobody(start: Start, ada: User) -> None:
    server, session = start(), await in_thread(open_session, ada)
    await ready(server)
    bomb = masked(deflated(bytes(32 * 2**20)), compressed=True)
    assert len(bomb) < 64 * 1024, "it is refused for what it becomes"
    async with server.connect(session) as other, answered_all_the_time(other), AsyncExitStack() as stack:
        before = server.memory()
        lines = [await stack.enter_async_context(server.connect(session)) for _line in range(50)]
        for line in lines:
            line.push(bomb * 3)
        assert {await drain(line) for line in lines} == {1009}
        assert server.memory("VmHWM") - before < 8 * 2**20


@pytest.mark.parametrize("seed", range(3))
async def test_noise_ends_its_socket_alone(start: Start, ada: User, seed: int) -> None:
    """Random frames, and good ones with a flipped byte, whole or in parts."""
    noise = random.Random(seed)
    server, session = start(MYWEB_COMMANDS_PER_SECOND="100000"), await in_thread(open_session, ada)
    await ready(server)
    async with server.connect(session) as other, answered_all_the_time(other):
        for _socket in range(40):
            async with server.connect(session) as line:
                for number in range(20):
                    payload = bytearray(deflated(json.dumps({"id": number, "do": "ping", "x": LONG}).encode()))
                    for _flip in range(noise.randrange(3)):
                        payload[noise.randrange(len(payload))] = noise.randrange(256)
                    place = noise.randrange(len(payload))
                    line.push(masked(bytes(payload[:place]), final=False, compressed=noise.random() < 0.9))
                    line.push(masked(bytes(payload[place:]), 0, compressed=noise.random() < 0.1))
                line.push(masked(b"\x03\xe8", 8))
                # None: it was being closed already, and still sent what nobody can read.
                assert await drain(line) in {1000, 1002, 1007, 1009, Close.MALFORMED, None}
    assert "Traceback" not in server.log.read_text()
