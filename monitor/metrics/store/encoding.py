"""Encodes numbers in few bytes, without loss.

Readings have five significant digits (``round_reading``), so a column is a list of integers in a decimal unit. Their
differences are small and compress well. Other columns are stored as float64.
"""

import struct
import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import floor, gcd, isfinite, log10
from operator import sub
from typing import Any

HEADER = struct.Struct("<cbHqq")  # kind, decimal places, count, unit, first or minimum
STEPS = (("b", 1 << 7), ("h", 1 << 15), ("i", 1 << 31), ("q", 1 << 63))  # from each number to the next
OFFSETS = (("B", 1 << 8), ("H", 1 << 16), ("I", 1 << 32), ("Q", 1 << 64))  # above the minimum: smaller for noise
EXACT = 1 << 53  # integers up to here are exact as floats
DIGITS = 5
MORE_DIGITS = 7  # of sums of many readings


def encode_numbers(values: Sequence[float]) -> bytes:
    """The values must be finite."""
    integers = to_integers(values)
    if integers is None:
        return HEADER.pack(b"d", 0, len(values), 1, 0) + shuffle_bytes(array("d", values))
    numbers, places, unit = integers
    first, kinds, differences = choose_differences(numbers)
    widest = max(map(abs, differences), default=0)
    kind = next(kind for kind, limit in kinds if widest < limit)
    return HEADER.pack(kind.encode(), places, len(values), unit, first) + shuffle_bytes(array(kind, differences))


def choose_differences(numbers: list[int]) -> tuple[int, tuple[tuple[str, int], ...], list[int]]:
    minimum = min(numbers, default=0)
    steps = [*map(sub, numbers[1:], numbers)]
    above = [number - minimum for number in numbers] if minimum else numbers
    if sum(map(int.bit_length, above)) <= sum(map(int.bit_length, steps)) + len(steps):
        return minimum, OFFSETS, above
    return numbers[0], STEPS, steps


def decode_numbers(body: bytes, offset: int = 0) -> tuple[list[float], int]:
    """Return the numbers and the offset of the next column."""
    sign, places, count, unit, first = HEADER.unpack_from(body, offset)
    kind = sign.decode()
    begin = offset + HEADER.size
    end = begin + array(kind).itemsize * (max(0, count - 1) if kind in "bhiq" else count)
    inner = unshuffle_bytes(kind, body[begin:end])
    if kind == "d":
        return inner.tolist(), end
    if kind in "bhiq":
        return to_floats(accumulate(inner, initial=first), places, unit), end
    return to_floats([first + number for number in inner] if first else inner, places, unit), end


def to_floats(numbers: Iterable[int], places: int, unit: int) -> list[float]:
    if places > 0:
        scale = 10**places
        return [number * unit / scale for number in numbers] if unit > 1 else [number / scale for number in numbers]
    unit *= 10**-places
    return [float(number * unit) for number in numbers] if unit > 1 else [*map(float, numbers)]


def to_integers(values: Sequence[float]) -> tuple[list[int], int, int] | None:
    """Return integers in units of ``unit`` / 10 ** ``places``. Return None if that is not exact."""
    sizes = [*map(abs, filter(None, values))]
    if not sizes:
        return [0] * len(values), 0, 1
    if not isfinite(max(sizes)):
        return None
    min_places = DIGITS - 1 - floor(log10(min(sizes)))
    for places in range(min_places, min_places + MORE_DIGITS + 1):
        if not -22 <= places <= 22 or max(sizes) * 10.0**places >= EXACT:
            return None
        numbers = scale_to_integers(values, places)
        if numbers is not None:
            unit = gcd(*numbers) or 1
            return ([number // unit for number in numbers] if unit > 1 else numbers), places, unit
    return None


def scale_to_integers(values: Sequence[float], places: int) -> list[int] | None:
    scale = 10 ** abs(places)
    numbers = [round(value * scale) for value in values] if places > 0 else [round(value / scale) for value in values]
    return numbers if to_floats(numbers, places, 1) == [*values] else None


def shuffle_bytes(numbers: Any) -> bytes:
    """Group all first bytes, all second bytes and so on, since the high bytes are similar."""
    if sys.byteorder == "big":
        numbers.byteswap()
    body, width = numbers.tobytes(), numbers.itemsize
    return b"".join(body[byte_index::width] for byte_index in range(width)) if width > 1 else body


def unshuffle_bytes(kind: str, body: bytes) -> Any:
    numbers = array(kind)
    width, count = numbers.itemsize, len(body) // numbers.itemsize
    mixed = bytearray(len(body))
    for byte_index in range(width):
        mixed[byte_index::width] = body[byte_index * count : (byte_index + 1) * count]
    numbers.frombytes(mixed)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def deflate_bytes(body: bytes) -> bytes:
    squeezer = zlib.compressobj(6, zlib.DEFLATED, -15)  # no header and no checksum: the database has its own
    return squeezer.compress(body) + squeezer.flush()


def inflate_bytes(body: bytes) -> bytes:
    return zlib.decompress(body, -15)


MASK = 38  # bytes for 300 places


def encode_mask(positions: Iterable[int]) -> bytes:
    bits = 0
    for position in positions:
        bits |= 1 << position
    return bits.to_bytes(MASK, "little")


FULL = encode_mask(range(300))


def decode_mask(bits: bytes) -> Sequence[int]:
    if bits == FULL:
        return range(300)
    number = int.from_bytes(bits, "little")
    return [position for position in range(300) if number >> position & 1]
