"""Defines for how long each resolution is stored, and what its rows contain."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from math import fsum, isnan
from typing import NamedTuple

from monitor.metrics.store.encoding import (
    MASK,
    decode_mask,
    decode_numbers,
    deflate_bytes,
    encode_mask,
    encode_numbers,
    inflate_bytes,
)

ROW = 300  # values in a row
RAW = ROW  # seconds of a chunk
DAY = 86_400


class Resolution(NamedTuple):
    step: int  # seconds
    max_age: int  # seconds, by age
    min_age: int  # seconds that are kept even if the storage is full: the next resolution is computed from them

    @property
    def span(self) -> int:
        """Seconds of a row."""
        return self.step * ROW


RAW_RESOLUTION = Resolution(1, DAY, 6 * 3600)
ROLLUP_RESOLUTIONS = (
    Resolution(60, 14 * DAY, 3 * DAY),
    Resolution(600, 90 * DAY, 20 * DAY),
    Resolution(3600, 730 * DAY, 0),
)
RESOLUTIONS = (RAW_RESOLUTION, *ROLLUP_RESOLUTIONS)


class Points(NamedTuple):
    """A chunk: the times at which its source was read, and the values measured at some of them."""

    ticks: Sequence[int]
    t: Sequence[int]
    values: list[float]


class Sums(NamedTuple):
    """Merged values, one list per column. Steps without measurements are missing."""

    t: Sequence[int]
    low: list[float]
    high: list[float]
    total: list[float]
    n: list[float]


def encode_points(offsets: Sequence[int], column: Sequence[float]) -> bytes | None:
    """Encode the values at ``offsets`` seconds, where NaN was not measured. Return None without values."""
    ticks_mask = values_mask = encode_mask(offsets)
    if isnan(sum(column)):
        measured_points = [(offset, value) for offset, value in zip(offsets, column, strict=True) if not isnan(value)]
        if not measured_points:
            return None
        values_mask, column = (
            encode_mask(offset for offset, _value in measured_points),
            [value for _offset, value in measured_points],
        )
    return deflate_bytes(ticks_mask + values_mask + encode_numbers(column))


def decode_points(t0: int, packed: bytes) -> Points:
    body = inflate_bytes(packed)
    ticks = t = decode_times(t0, 1, body[:MASK])
    if body[:MASK] != body[MASK : 2 * MASK]:
        t = decode_times(t0, 1, body[MASK : 2 * MASK])
    return Points(ticks, t, decode_numbers(body, 2 * MASK)[0])


def encode_sums(t0: int, step: int, sums: Sums) -> bytes:
    columns = (sums.low, sums.high, sums.total, sums.n)
    return deflate_bytes(encode_mask((t - t0) // step for t in sums.t) + b"".join(map(encode_numbers, columns)))


def decode_sums(t0: int, step: int, packed: bytes) -> Sums:
    body, columns, offset = inflate_bytes(packed), [], MASK
    for _column in range(4):
        column, offset = decode_numbers(body, offset)
        columns.append(column)
    return Sums(decode_times(t0, step, body[:MASK]), *columns)


def decode_times(t0: int, step: int, bits: bytes) -> Sequence[int]:
    positions = decode_mask(bits)
    return (
        range(t0, t0 + ROW * step, step) if len(positions) == ROW else [t0 + position * step for position in positions]
    )


class Fold:
    """Merges values by time into minimum, maximum, sum and count, never an average of averages."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.merged: dict[int, tuple[float, float, float, float]] = {}

    def add_points(self, t: Sequence[int], values: Sequence[float]) -> None:
        for at, begin, end in self.split_steps(t):
            part = values[begin:end]
            self.merge(at, min(part), max(part), fsum(part), end - begin)

    def add_sums(self, sums: Sums) -> None:
        for at, begin, end in self.split_steps(sums.t):
            low, high = min(sums.low[begin:end]), max(sums.high[begin:end])
            self.merge(at, low, high, fsum(sums.total[begin:end]), sum(sums.n[begin:end]))

    def split_steps(self, t: Sequence[int]) -> Iterable[tuple[int, int, int]]:
        begin = 0
        while begin < len(t):
            at = t[begin] // self.step * self.step
            end = bisect_left(t, at + self.step, begin)
            yield at, begin, end
            begin = end

    def merge(self, at: int, low: float, high: float, total: float, n: float) -> None:
        if at in self.merged:
            earlier_low, earlier_high, earlier_total, earlier_count = self.merged[at]
            low, high, total, n = (
                min(low, earlier_low),
                max(high, earlier_high),
                total + earlier_total,
                n + earlier_count,
            )
        self.merged[at] = low, high, total, n

    def get_sums(self, start: int, end: int) -> Sums:
        """Return the merged steps. Sums are rounded, so that they compress well."""
        t = sorted(at for at in self.merged if start <= at < end)
        rows = [self.merged[at] for at in t]
        low, high, total, n = ([*column] for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
        return Sums(t, low, high, [float(f"{value:.12g}") for value in total], n)
