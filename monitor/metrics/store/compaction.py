"""Writes chunks from the ring every five minutes, then rollups, and purges old rows.

Everything runs in batches of some hundred rows a second, so that neither ticks nor chat wait for it. Pending work is
found in the tables and the ring at each start, so a killed collector loses no values that the ring has.
"""

import time
from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import groupby
from math import nan
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import QuerySet

from monitor.metrics.collector_job import CollectorJob
from monitor.metrics.models import Chunk, Rollup, Series, Source
from monitor.metrics.readings import Values
from monitor.metrics.store.history import get_oldest_time
from monitor.metrics.store.purge import HistoryPurge
from monitor.metrics.store.retention import (
    RAW,
    RAW_RESOLUTION,
    RESOLUTIONS,
    ROLLUP_RESOLUTIONS,
    Fold,
    Resolution,
    decode_points,
    decode_sums,
    encode_points,
    encode_sums,
)
from monitor.metrics.store.ring import RING_SECONDS, RingRow, get_ring
from monitor.metrics.store.series_purge import SeriesPurge

if TYPE_CHECKING:
    from monitor.metrics.catalogue import Catalogue

GRACE = 7  # seconds after its end until a chunk is written, since a tick may be late
BUDGET = 0.06  # seconds of each second for rollups


class Compaction(CollectorJob):
    def __init__(self) -> None:
        self.written_until: dict[int, int] = {}  # source -> end of its written chunks
        self.pending_sources: deque[int] = deque()  # sources whose chunks must be written
        self.rollups = RollupQueue()
        self.history_purge = HistoryPurge()
        self.series_purge = SeriesPurge()
        self.slot = 0

    def begin(self, catalogue: "Catalogue") -> None:
        """Forget the progress: another collector may have written meanwhile."""
        self.written_until, self.pending_sources, self.rollups, self.slot = {}, deque(), RollupQueue(), 0

    def second(self, t: int) -> None:
        slot = (t - GRACE) // RAW * RAW
        if slot != self.slot:
            self.slot = slot
            self.pending_sources = deque(Source.objects.order_by("pk").values_list("pk", flat=True))
            self.rollups.queue_ended(slot)
        for _source in range(-(-len(self.pending_sources) // 60)):  # all sources within minutes
            self.write_source(self.pending_sources[0])
            self.pending_sources.popleft()
        if not self.pending_sources:
            self.rollups.merge_for(BUDGET)
        self.history_purge.second(t)
        self.series_purge.second(t)

    def write_source(self, source: int) -> None:
        begin = max(self.written_until.get(source, 0), self.slot - RING_SECONDS // RAW * RAW - RAW)
        for t0 in range(begin, self.slot, RAW):
            write_chunks(source, get_ring().since(source, t0 - 1, t0 + RAW))
        self.written_until[source] = self.slot


def write_chunks(source: int, rows: Sequence[RingRow]) -> None:
    series = dict(Series.objects.filter(source=source).values_list("position", "pk"))
    chunks = [
        Chunk(series_id=series[position], t0=t0, body=body)
        for t0, group in groupby(rows, lambda row: row.t // RAW * RAW)
        for position, body in enumerate(encode_columns(t0, [*group]))
        if body is not None and position in series
    ]
    Chunk.objects.bulk_create(chunks, ignore_conflicts=True, batch_size=200)


def encode_columns(t0: int, rows: Sequence[RingRow]) -> Iterable[bytes | None]:
    """Return the encoded chunk of each position."""
    width, flat_values = max((len(row.values) for row in rows), default=0), array("d")
    for row in rows:
        flat_values += pad_values(row.values, width)
    offsets = [row.t - t0 for row in rows]
    return (encode_points(offsets, flat_values[position::width]) for position in range(width))


def pad_values(values: Values, width: int) -> Values:
    return values if len(values) == width else values + array("d", [nan]) * (width - len(values))


class RollupTask(NamedTuple):
    """Series whose rows of one period must be merged."""

    level: Resolution
    t0: int
    series: "deque[int]"


class RollupQueue:
    """Merges a row when its period has ended, from the rows of the next finer resolution."""

    def __init__(self) -> None:
        self.queued_until: dict[Resolution, int] = {}  # periods up to here are merged or queued
        self.tasks: deque[RollupTask] = deque()

    def queue_ended(self, now: int) -> None:
        """Queue the periods that have ended and are not merged: minutes first, since coarser rows are made of them."""
        begin = min(map(get_oldest_time, RESOLUTIONS))
        for level in ROLLUP_RESOLUTIONS:
            end = now // level.span * level.span
            start = max(
                self.queued_until.get(level, 0), min(begin, end), now - get_finer_resolution(level).max_age - level.span
            )
            for t0 in range(int(start // level.span * level.span), end, level.span):
                done_ids = set(Rollup.objects.filter(step=level.step, t0=t0).values_list("series_id", flat=True))
                ids = Series.objects.filter(source__removed_at=None).order_by("pk").values_list("pk", flat=True)
                self.tasks.append(RollupTask(level, t0, deque(pk for pk in ids if pk not in done_ids)))
            self.queued_until[level] = end

    def merge_for(self, seconds: float) -> None:
        deadline, rollups = time.perf_counter() + seconds, []
        while self.tasks and not self.tasks[0].series:
            self.tasks.popleft()
        while self.tasks and self.tasks[0].series and time.perf_counter() < deadline:
            rollups.append(merge_rollup(*self.tasks[0][:2], self.tasks[0].series.popleft()))
        Rollup.objects.bulk_create([row for row in rollups if row], ignore_conflicts=True)


def get_finer_resolution(level: Resolution) -> Resolution:
    return RESOLUTIONS[RESOLUTIONS.index(level) - 1]


def merge_rollup(level: Resolution, t0: int, series: int) -> Rollup | None:
    fold, finer = Fold(level.step), get_finer_resolution(level)
    for at, body in (
        get_resolution_rows(finer, series).filter(t0__gte=t0, t0__lt=t0 + level.span).values_list("t0", "body")
    ):
        if finer is RAW_RESOLUTION:
            points = decode_points(at, bytes(body))
            fold.add_points(points.t, points.values)
        else:
            fold.add_sums(decode_sums(at, finer.step, bytes(body)))
    sums = fold.get_sums(t0, t0 + level.span)
    return Rollup(series_id=series, step=level.step, t0=t0, body=encode_sums(t0, level.step, sums)) if sums.t else None


def get_resolution_rows(level: Resolution, series: int) -> "QuerySet[Chunk] | QuerySet[Rollup]":
    if level is RAW_RESOLUTION:
        return Chunk.objects.filter(series=series)
    return Rollup.objects.filter(series=series, step=level.step)
