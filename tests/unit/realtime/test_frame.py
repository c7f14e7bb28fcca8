"""One prebuilt frame for all sockets must be what a websocket library would have written."""

import pytest
from websockets.frames import Frame as Reference
from websockets.frames import Opcode

from realtime.socket import Frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 70_000])
def test_a_frame_is_what_rfc_6455_says_at_every_length(size: int) -> None:
    payload = b"x" * size
    assert Frame(payload).wire == Reference(Opcode.TEXT, payload).serialize(mask=False)


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (125, "81 7d"),
        (126, "81 7e 00 7e"),
        (65535, "81 7e ff ff"),
        (65536, "81 7f 00 00 00 00 00 01 00 00"),
    ],
)
def test_the_length_takes_two_four_or_ten_bytes(size: int, head: str) -> None:
    wire = Frame(b"x" * size).wire
    assert wire[: -size or None] == bytes.fromhex(head)


def test_text_and_bytes_say_the_same() -> None:
    payload = "操作室 🎉".encode()
    frame = Frame(payload)
    assert frame.text.encode() == payload
    assert frame.wire.endswith(payload)
    assert frame.wire[1] == len(payload), "bytes are counted, not characters"
