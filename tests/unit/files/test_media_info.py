"""Size and duration of videos and sounds, and of what only says that it is one."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files.media_info import MediaInfo, read_media_info

UPRIGHT = (0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
LEVEL = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def movie_header(scale: int = 1_000, duration: int = 12_500) -> bytes:
    return box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, scale, duration), bytes(80))


def track(width: int, height: int, matrix: tuple[int, ...] = LEVEL) -> bytes:
    return box(b"trak", box(b"tkhd", bytes(40), struct.pack(">9iII", *matrix, width << 16, height << 16)))


def mp4(*content: bytes) -> bytes:
    return box(b"ftyp", b"isom\0\0\0\0") + box(b"mdat", bytes(5_000)) + box(b"moov", *content)


def element(kind: str, content: bytes) -> bytes:
    return bytes.fromhex(kind) + struct.pack(">Q", len(content) | 1 << 56) + content


def webm(info: bytes, video: bytes, unknown_size: bool = False) -> bytes:
    body = element("1549A966", info) + element("1654AE6B", element("AE", element("E0", video)))
    segment = bytes.fromhex("18538067") + b"\x01" + b"\xff" * 7 + body if unknown_size else element("18538067", body)
    return element("1A45DFA3", b"webm") + segment


def wav(seconds: int, rate: int = 16_000) -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate, 1, 8)
    return b"RIFF\0\0\0\0WAVE" + form + struct.pack("<4sI", b"data", rate * seconds) + bytes(rate * seconds)


def read(content: bytes, media_type: str) -> MediaInfo:
    return read_media_info(io.BytesIO(content), len(content), media_type)


SIZE = bytes.fromhex("B082") + struct.pack(">H", 640) + bytes.fromhex("BA82") + struct.pack(">H", 360)
TIME = bytes.fromhex("2AD7B183") + (1_000_000).to_bytes(3, "big") + bytes.fromhex("448984") + struct.pack(">f", 3_000)


@pytest.mark.parametrize(
    ("content", "media_type", "info"),
    [
        (mp4(movie_header(), track(0, 0), track(640, 360)), "video/mp4", MediaInfo(640, 360, 12.5)),
        (mp4(movie_header(), track(640, 360, UPRIGHT)), "video/mp4", MediaInfo(360, 640, 12.5)),
        (mp4(movie_header(), track(0, 0)), "audio/mp4", MediaInfo(0, 0, 12.5)),
        (webm(TIME, SIZE), "video/webm", MediaInfo(640, 360, 3.0)),
        (webm(b"", SIZE, unknown_size=True), "video/webm", MediaInfo(640, 360, 0.0)),
        (wav(3), "audio/wav", MediaInfo(0, 0, 3.0)),
    ],
)
def test_size_and_duration_are_read(content: bytes, media_type: str, info: MediaInfo) -> None:
    assert read(content, media_type) == info


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"", "video/mp4"),
        (mp4(movie_header(scale=0)), "video/mp4"),
        (mp4(movie_header(1, 2**32 - 1), track(65_535, 65_535)), "video/mp4"),
        (mp4(track(640, 360))[:-100], "video/mp4"),
        (box(b"free") * 5_000 + mp4(movie_header(), track(640, 360)), "video/mp4"),
        (webm(bytes.fromhex("448988") + struct.pack(">d", float("nan")), b""), "video/webm"),
        (webm(bytes.fromhex("448981") + b"\0", b""), "video/webm"),
        (b"\x00" * 100, "video/webm"),
        (b"RIFF\0\0\0\0WAVE" + b"data\0\0\0\0" * 9, "audio/wav"),
        (mp4(movie_header(), track(640, 360)), "audio/mpeg"),
    ],
)
def test_nonsense_says_nothing(content: bytes, media_type: str) -> None:
    assert read(content, media_type) == MediaInfo()


@given(st.binary(max_size=300), st.sampled_from(["video/mp4", "audio/mp4", "video/webm", "audio/wav"]))
def test_no_bytes_make_an_error(content: bytes, media_type: str) -> None:
    read(content, media_type)
    read(mp4(content), media_type)
    read(webm(content, content), media_type)
