"""Pictures of every kind, also of those that should never be decoded."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

PLACE = b"48.8584 N"  # stands in the metadata of a photo


def encode_image(image: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def draw(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """Red at the left, blue at the right."""
    image = Image.new("RGB", (width, height), (255, 0, 0))
    image.paste((0, 0, 255), (width // 2, 0, width, height))
    return image.convert(mode)


def make_photo(orientation: int = 6) -> bytes:
    """A JPEG with a place, a comment, and a camera that was held upright."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = PLACE.decode()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 30.0)
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + PLACE + b"</x:xmpmeta>"
    return encode_image(draw(), "JPEG", exif=exif, comment=PLACE, xmp=xmp)


def make_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def make_png_bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A few kilobytes that would be gigabytes."""
    header = make_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + header + make_chunk(b"IDAT", zlib.compress(bytes(5_000_000))) + make_chunk(b"IEND", b"")
    )


def make_jpeg_bomb() -> bytes:
    """A JPEG whose header says 65,000 by 65,000 pixels."""
    small = encode_image(draw(), "JPEG")
    place = small.index(b"\xff\xc0") + 5
    return small[:place] + struct.pack(">HH", 65_000, 65_000) + small[place + 4 :]


def make_animation(frames: int = 3, form: str = "GIF", size: tuple[int, int] = (20, 20)) -> bytes:
    pictures = [Image.new("RGB", size, (number * 50 % 256, number % 256, 99)) for number in range(frames)]
    return encode_image(pictures[0], form, save_all=True, append_images=pictures[1:], duration=40, loop=0)


def make_long_animation(frames: int = 60, size: tuple[int, int] = (2_000, 2_000)) -> bytes:
    """One frame again and again: a few kilobytes each."""
    gif = encode_image(draw(*size, mode="P"), "GIF", duration=40, disposal=2)
    frame = gif[gif.index(b"\x21\xf9") : -1]
    return gif[:-1] + frame * (frames - 1) + b";"


def make_large_frame() -> bytes:
    """A GIF of 10 by 10 pixels with a frame of 60,000 by 60,000."""
    gif = make_animation(1, size=(10, 10))
    place = gif.index(b"\x2c")
    return gif[:place] + b"\x2c" + struct.pack("<HHHH", 0, 0, 60_000, 60_000) + gif[place + 9 :]


def make_polyglot() -> bytes:
    """A GIF that is also a page: a comment of it is markup, and so is what follows it."""
    gif = encode_image(draw(), "GIF", comment=b"*/=1;</script><script>alert(1)</script>")
    return gif + b"<!doctype html><script>alert(document.domain)</script>"
