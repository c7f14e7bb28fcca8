"""Reads the values of any range, in as many points as a chart can show.

Minima and maxima are kept: a peak of one second is visible in a chart of two years.
"""

import time
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import inf, isnan
from typing import NamedTuple

from monitor.metrics.models import Chunk, Rollup, Series
from monitor.metrics.store.retention import (
    RAW,
    RAW_RESOLUTION,
    RESOLUTIONS,
    ROLLUP_RESOLUTIONS,
    Fold,
    Resolution,
    decode_points,
    decode_sums,
)
from monitor.metrics.store.ring import RING_SECONDS, get_ring

POINTS = 1_000
GAP_SECONDS = 15  # seconds without a tick are a gap; an idle collector measures every ten
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800)
SeriesValues = list[float | None]


class HistoryWindow(NamedTuple):
    """The values of each series in ``step`` seconds from each ``t``; None if there are none.

    Times increase. A gap without measurements has a row of None, so that charts draw no line across it.
    """

    step: int
    t: list[int]
    low: list[SeriesValues]
    high: list[SeriesValues]
    mean: list[SeriesValues]


def read_history(series: Sequence[Series], start: int, end: int, points: int = POINTS) -> HistoryWindow:
    """Read from ``start`` (seconds since 1970) to before ``end``, in about ``points`` points at most."""
    step = get_history_step(start, end, points)
    start, end = start // step * step, -(-end // step) * step
    reading = HistoryQuery(series, step, start, end)
    for level in reversed(ROLLUP_RESOLUTIONS):
        if step % level.step == 0:
            reading.read_rollups(level)
    reading.read_chunks()
    reading.read_recent()
    return reading.build_window()


def get_history_step(start: int, end: int, points: int = POINTS) -> int:
    """Return the seconds of one point: few enough points, and no finer than what is stored of that time."""
    step = next((step for step in STEPS if -(-(end - start) // step) <= max(1, points)), STEPS[-1])
    return max(step, get_finest_step(start))


def get_finest_step(start: int) -> int:
    """Return the step of the finest resolution that reaches back to ``start``, or as far as any coarser one."""
    begins = [get_oldest_time(level) for level in RESOLUTIONS]
    for index, level in enumerate(RESOLUTIONS):
        coarser = zip(RESOLUTIONS[index + 1 :], begins[index + 1 :], strict=True)
        further = any(
            begin < inf and begin + coarser_resolution.span <= begins[index] for coarser_resolution, begin in coarser
        )
        if begins[index] <= start or not further:
            return level.step
    return RESOLUTIONS[-1].step


def get_oldest_time(level: Resolution) -> float:
    if level is RAW_RESOLUTION:
        first = Chunk.objects.order_by("pk").values_list("t0", flat=True).first()
    else:
        first = Rollup.objects.filter(step=level.step).order_by("t0").values_list("t0", flat=True).first()
    return inf if first is None else first


class HistoryQuery:
    """Reads the coarsest sufficient rows first, then finer ones, which hold the values not yet merged."""

    def __init__(self, series: Sequence[Series], step: int, start: int, end: int) -> None:
        self.series, self.step, self.start, self.end = series, step, start, end
        self.folds = {row.pk: Fold(step) for row in series}
        self.read_until = dict.fromkeys(self.folds, start)  # of each series: end of what was read
        self.ticks: set[int] = set()  # times at which any source was read

    def group_by_progress(self) -> Iterable[tuple[int, list[int]]]:
        """Group the series that continue at the same time."""
        by_time: dict[int, list[int]] = defaultdict(list)
        for pk, until in self.read_until.items():
            by_time[until].append(pk)
        return [(until, series_ids) for until, series_ids in by_time.items() if until < self.end]

    def read_rollups(self, level: Resolution) -> None:
        for since, ids in self.group_by_progress():
            rows = Rollup.objects.filter(series__in=ids, step=level.step, t0__gt=since - level.span, t0__lt=self.end)
            for pk, t0, body in rows.order_by("t0").values_list("series_id", "t0", "body"):
                self.folds[pk].add_sums(decode_sums(t0, level.step, bytes(body)))
                self.read_until[pk] = t0 + level.span

    def read_chunks(self) -> None:
        for since, ids in self.group_by_progress():
            rows = Chunk.objects.filter(series__in=ids, t0__gt=since - RAW, t0__lt=self.end)
            for pk, t0, body in rows.order_by("t0").values_list("series_id", "t0", "body"):
                points = decode_points(t0, bytes(body))
                self.folds[pk].add_points(points.t, points.values)
                self.add_ticks(points.ticks)
                self.read_until[pk] = t0 + RAW

    def read_recent(self) -> None:
        """Add the values that are in the ring and in no chunk."""
        if self.end < time.time() - RING_SECONDS - 2 * RAW:
            return
        by_source: dict[int, list[Series]] = defaultdict(list)
        for series_row in self.series:
            by_source[series_row.source_id].append(series_row)
        for source, source_series in by_source.items():
            rows = get_ring().since(
                source, min(self.read_until[series_row.pk] for series_row in source_series) - 1, self.end
            )
            self.add_ticks([row.t for row in rows])
            for series_row in source_series:
                since, position = self.read_until[series_row.pk], series_row.position
                if position is None:
                    continue
                recent_points = [
                    (row.t, row.values[position]) for row in rows if row.t >= since and position < len(row.values)
                ]
                measured_points = [(t, value) for t, value in recent_points if not isnan(value)]
                self.folds[series_row.pk].add_points(
                    [t for t, _value in measured_points], array("d", [value for _t, value in measured_points])
                )

    def add_ticks(self, ticks: Sequence[int]) -> None:
        if self.step >= RAW and ticks:
            self.ticks.add(ticks[0] // self.step * self.step)
        else:
            self.ticks.update({t // self.step * self.step for t in ticks})

    def build_window(self) -> HistoryWindow:
        times = self.ticks.union(*(fold.merged for fold in self.folds.values()))
        t = [*insert_gaps(sorted(at for at in times if self.start <= at < self.end), max(self.step * 1.5, GAP_SECONDS))]
        low, high, mean = [], [], []
        for series_row in self.series:
            merged = [self.folds[series_row.pk].merged.get(at) for at in t]
            low.append([values and values[0] for values in merged])
            high.append([values and values[1] for values in merged])
            mean.append([values and values[2] / values[3] for values in merged])
        return HistoryWindow(self.step, t, low, high, mean)


def insert_gaps(times: Iterable[int], longest: float) -> Iterable[int]:
    last = None
    for t in times:
        if last is not None and t - last > longest:
            yield last + 1
        yield t
        last = t
