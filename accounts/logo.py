"""Checks an uploaded picture by its own bytes: kind and pixels. Nothing decodes it on the server."""

import re
import struct
from typing import NamedTuple

MAX_BYTES = 256 * 1024
MIN_SIDE, MAX_SIDE = 16, 2048  # pixels


class Image(NamedTuple):
    content_type: str
    width: int
    height: int


class UploadedImage(NamedTuple):
    data: bytes
    content_type: str


def read_image(data: bytes) -> Image | None:
    """Returns None for anything but PNG, JPEG and WebP. SVG is not allowed: it may hold scripts."""
    for content_type, read_size in READERS.items():
        try:
            size = read_size(data)
        except (struct.error, IndexError):
            size = None
        if size:
            return Image(content_type, *size)
    return None


def read_png_size(data: bytes) -> tuple[int, int] | None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def read_jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Walks from segment to segment to the first frame header."""
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    place = 2
    while data[place] == 0xFF:
        marker, length = data[place + 1], struct.unpack(">H", data[place + 2 : place + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return width, height
        place += 2 + length
    return None


def read_webp_size(data: bytes) -> tuple[int, int] | None:
    if not re.match(rb"RIFF....WEBP", data, re.DOTALL):
        return None
    kind, body = data[12:16], data[20:30]
    if kind == b"VP8X":
        width, height = (int.from_bytes(body[start : start + 3], "little") + 1 for start in (4, 7))
        return width, height
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return None


READERS = {"image/png": read_png_size, "image/jpeg": read_jpeg_size, "image/webp": read_webp_size}
