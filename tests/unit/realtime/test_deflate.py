"""permessage-deflate: what any client compresses is read, within a bound; what is sent, a websocket library reads."""

import random
import tracemalloc
import zlib
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from autobahn.exception import PayloadCorruptError, PayloadExceededError
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, PerMessageDeflate
from websockets.frames import Frame as Reference
from websockets.frames import Opcode

from realtime import deflate
from realtime.deflate import CompressedParts, Inflater, Offer, compress_message
from realtime.socket import Frame
from tests.support.serving import deflated

LIMIT = 64 * 1024


def inflate(*pieces: bytes, limit: int = LIMIT) -> bytes:
    """As autobahn does it with the frames of a message."""
    inflater = Inflater.create_from_offer_accept(True, deflate.Acceptance(""))
    inflater.start_decompress_message()
    inflated = b""
    for piece in pieces:
        inflated += inflater.decompress_message_data(piece, limit - len(inflated))
    inflater.end_decompress_message()
    return inflated


def cut(payload: bytes, places: Iterable[int]) -> list[bytes]:
    ends = [0, *sorted(place % (len(payload) + 1) for place in places), len(payload)]
    return [payload[begin:end] for begin, end in pairwise(ends)]


text = st.one_of(st.binary(max_size=3_000), st.text(max_size=2_000).map(str.encode), st.just(b"night shift " * 900))


@given(
    text,
    st.integers(0, 9),
    st.integers(9, 15),
    st.sampled_from([zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_FIXED]),
    st.lists(st.integers(0, 9_000), max_size=5),
    st.lists(st.integers(0, 9_000), max_size=5),
)
def test_a_message_is_read_however_it_was_compressed_and_cut(
    payload: bytes, level: int, window: int, strategy: int, flushes: list[int], frames: list[int]
) -> None:
    compressor = zlib.compressobj(level, zlib.DEFLATED, -window, 8, strategy)
    parts = [compressor.compress(part) + compressor.flush(zlib.Z_SYNC_FLUSH) for part in cut(payload, flushes)]
    assert inflate(*cut(b"".join(parts)[:-4], frames)) == payload


@given(text, st.lists(st.integers(0, 9_000), max_size=5), st.sampled_from([b"", b"\x00"]))
def test_a_message_may_end_with_a_final_block(payload: bytes, frames: list[int], after: bytes) -> None:
    compressor = zlib.compressobj(wbits=-15)
    assert inflate(*cut(compressor.compress(payload) + compressor.flush() + after, frames)) == payload


def test_nothing_may_follow_a_final_block() -> None:
    compressor = zlib.compressobj(wbits=-15)
    with pytest.raises(PayloadCorruptError):
        inflate(compressor.compress(b"{}") + compressor.flush() + deflated(b"{}"))


@given(text, st.integers(1, 3_000))
@example(b"abcd" * 99, 3)
def test_a_message_that_was_cut_off_is_refused_or_ends_with_a_block(payload: bytes, missing: int) -> None:
    compressed = deflated(payload)
    try:
        inflated = inflate(compressed[: -min(missing, len(compressed))])
    except PayloadCorruptError:
        return
    assert payload.startswith(inflated)


def test_a_message_that_was_cut_off_within_a_block_is_refused() -> None:
    with pytest.raises(PayloadCorruptError):
        inflate(deflated(b"abcd" * 99)[:-3])


def test_messages_share_no_state() -> None:
    compressor = zlib.compressobj(wbits=-15)
    first, second = [compressor.compress(b"night shift") + compressor.flush(zlib.Z_SYNC_FLUSH) for _message in "12"]
    inflater = Inflater()
    inflater.start_decompress_message()
    assert inflater.decompress_message_data(first[:-4], LIMIT) == b"night shift"
    inflater.end_decompress_message()
    assert not hasattr(inflater, "decompressor"), "it would cost 40 KB a socket"
    inflater.start_decompress_message()
    with pytest.raises(PayloadCorruptError):
        inflater.decompress_message_data(second[:-4], LIMIT)


@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1])
def test_the_bound_of_a_message_holds_to_the_byte(size: int) -> None:
    pieces = cut(deflated(b"x" * size), [20, 40])
    if size > LIMIT:
        with pytest.raises(PayloadExceededError):
            inflate(*pieces)
    else:
        assert inflate(*pieces) == b"x" * size


@pytest.mark.parametrize("frames", [[], [100, 3_000, 5_000], range(60, 9_000, 60)], ids=len)
def test_a_bomb_never_takes_more_memory_than_a_message_may(frames: Iterable[int]) -> None:
    pieces = cut(deflated(bytes(32 * 2**20)), frames)
    tracemalloc.start()
    try:
        with pytest.raises(PayloadExceededError):
            inflate(*pieces)
        assert tracemalloc.get_traced_memory()[1] < 8 * LIMIT
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=3))
def test_noise_is_read_within_the_bound_or_refused(noise: bytes, frames: list[int]) -> None:
    with suppress(PayloadCorruptError, PayloadExceededError):
        assert len(inflate(*cut(noise, frames))) <= LIMIT


@given(st.binary(min_size=1, max_size=2_000), st.integers(0), st.integers(1, 255))
def test_a_flipped_message_is_read_within_the_bound_or_refused(payload: bytes, place: int, flip: int) -> None:
    broken = bytearray(deflated(payload))
    broken[place % len(broken)] ^= flip
    with suppress(PayloadCorruptError, PayloadExceededError):
        assert len(inflate(bytes(broken))) <= LIMIT


OFFERS: dict[str, tuple[dict[str, list[str | bool]], str | None]] = {
    "of Firefox": ({}, ""),
    "of Chromium": ({"client_max_window_bits": [True]}, ""),
    "of websockets": ({"client_max_window_bits": ["12"]}, ""),
    "without context takeover": ({"server_no_context_takeover": [True], "client_no_context_takeover": [True]}, ""),
    "for the largest window": ({"server_max_window_bits": ["15"]}, "; server_max_window_bits=15"),
    "for a smaller window": ({"server_max_window_bits": ["10"]}, None),
    "for a window of any size": ({"server_max_window_bits": [True]}, None),
    "for a window that does not exist": ({"client_max_window_bits": ["16"]}, None),
    "with a zero in front": ({"client_max_window_bits": ["015"]}, None),
    "given twice": ({"client_max_window_bits": ["12", "12"]}, None),
    "with a value too many": ({"server_no_context_takeover": ["yes"]}, None),
    "with an unknown parameter": ({"speed": ["9"]}, None),
}


@pytest.mark.parametrize(("params", "more"), OFFERS.values(), ids=OFFERS.keys())
def test_an_offer_is_accepted_without_context_takeover_or_declined(
    params: dict[str, list[str | bool]], more: str | None
) -> None:
    acceptance = Offer.parse(params).accept()
    wanted = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    assert (acceptance and acceptance.get_extension_string()) == (None if more is None else wanted + more)


@pytest.fixture
def library() -> PerMessageDeflate:
    """What the websockets library makes of our answer."""
    factory = ClientPerMessageDeflateFactory()
    params: list[Any] = [("server_no_context_takeover", None), ("client_no_context_takeover", None)]
    return factory.process_response_params(params, [])


def read_by_library(library: PerMessageDeflate, wire: bytes) -> bytes:
    begin = 2 if wire[1] < 126 else 4 if wire[1] == 126 else 10
    assert wire[0] == 0xC1
    assert int.from_bytes(wire[2:begin], "big") in {0, len(wire) - begin}
    return bytes(library.decode(Reference(Opcode.TEXT, wire[begin:], rsv1=True)).data)


@pytest.mark.parametrize("size", [1_024, 65_536, 300_000, 9_000_000])
def test_a_library_reads_compressed_frames_of_every_length(library: PerMessageDeflate, size: int) -> None:
    payload = bytes(random.Random(size).choices(b"0123456789", k=size))
    for _frame in "12":
        assert read_by_library(library, Frame(payload).compressed_wire) == payload


@given(st.binary(max_size=2_000), st.binary(max_size=3_000), st.binary(max_size=2_000))
def test_a_part_that_frames_share_is_within_each_of_them(head: bytes, body: bytes, tail: bytes) -> None:
    part = msgspec.Raw(body * 2)
    for _message in "12":
        assert inflate(compress_message(head + bytes(part) + tail, part), limit=2**20) == head + bytes(part) + tail


def test_a_shared_part_is_compressed_once(library: PerMessageDeflate, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def count(payload: bytes) -> bytes:
        sizes.append(len(payload))
        return real(payload)

    real = deflate.compress_blocks
    monkeypatch.setattr(deflate, "compress_blocks", count)
    snapshot = msgspec.Raw(b'"%s"' % (b"night shift " * 200))
    for number in range(9):
        answer = b'{"re":%d,"ok":%s}' % (number, bytes(snapshot))
        assert read_by_library(library, Frame(answer, part=snapshot).compressed_wire) == answer
    assert sizes == [len(snapshot)]


def test_kept_parts_take_no_more_than_their_limit() -> None:
    parts = CompressedParts()
    for number in range(100):
        text = b"%d" % number + random.Random(number).randbytes(100_000)
        parts.get(msgspec.Raw(text), text)
    assert 10 < len(parts.kept) < 30
    assert parts.size <= parts.LIMIT


MESSAGE = b'[{"stream":"room.7","rev":41,"type":"message.created","data":{"html":"<p>The night shift is on.</p>"}}]' * 3


@pytest.mark.parametrize(
    ("payload", "sockets", "is_compressed"),
    [
        (b'{"re":7,"ok":{}}', 1, False),
        (b'{"re":7,"ok":{}}', 1_000, False),
        (MESSAGE, 2, False),
        (MESSAGE, 1_000, True),
        (MESSAGE * 10, 1, True),
        (random.Random(1).randbytes(10_000), 1_000, False),
    ],
    ids=["an answer", "a small frame", "a message to two", "a message to many", "a page", "what does not get smaller"],
)
def test_a_frame_is_compressed_where_it_is_worth_it(payload: bytes, sockets: int, is_compressed: bool) -> None:
    frame = Frame(payload, sockets)
    assert (frame.compressed_wire != frame.wire) == is_compressed
    assert frame.compressed_wire is frame.compressed_wire, "it is compressed once"
