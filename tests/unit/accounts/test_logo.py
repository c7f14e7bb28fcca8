"""Pictures are known by their own bytes."""

import struct

import pytest

from accounts.logo import Image, read_image

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 10 + b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", 30, 40) + b"\x03"
WEBP = b"RIFF\0\0\0\0WEBP"


@pytest.mark.parametrize(
    ("data", "image"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 40, 30), Image("image/png", 40, 30)),
        (JPEG, Image("image/jpeg", 40, 30)),
        (WEBP + b"VP8X\x0a\0\0\0\0\0\0\0" + b"\x27\0\0\x1d\0\0", Image("image/webp", 40, 30)),
        (WEBP + b"VP8L\0\0\0\0\x2f" + (39 | 29 << 14).to_bytes(4, "little"), Image("image/webp", 40, 30)),
        (WEBP + b"VP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 40, 30), Image("image/webp", 40, 30)),
    ],
    ids=["png", "jpeg", "webp extended", "webp lossless", "webp lossy"],
)
def test_kind_and_pixels_are_read(data: bytes, image: Image) -> None:
    assert read_image(data) == image


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", JPEG[:12], WEBP, b"\xff\xd8\xff" + b"\xff" * 9])
def test_what_is_cut_or_of_another_kind_is_no_picture(data: bytes) -> None:
    assert read_image(data) is None
