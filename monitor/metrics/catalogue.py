"""The catalogue knows the series of each source and their positions in its row of values."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import count, islice
from math import isnan, nan
from time import time

import redis
from django.db import IntegrityError, transaction

from monitor.metrics.models import Series, Source
from monitor.metrics.readings import Reading, Values, round_reading
from monitor.metrics.series_state import (
    SeriesActivity,
    SeriesState,
    clamp_reading_step,
    get_active_seconds,
    get_gone_limit,
    get_series_state,
    get_silence_limit,
)
from monitor.metrics.store.ring import RING_SECONDS, get_ring
from myweb.times import to_datetime

MAX_SERIES_PER_SOURCE = 500  # more are refused and counted
SWEEP_INTERVAL = 10  # seconds between two searches for series that are gone
SEEN_PRECISION = 3600  # seconds: precision of the stored time of the last reading
POSITION_QUARANTINE = timedelta(hours=3)  # until a position is reused: as long as an idle ring reaches back
RECENT_SECONDS = 60  # seconds
LEFT_OUT_NAMES = 10  # of the names left out
versions = count(1)


class SeriesIndex:
    """The live series of one source, by position. ``version`` changes with them."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.interval = 1.0  # seconds between two readings
        self.swept_at, self.last_read_at = 0.0, 0.0
        self.readings = 0.0  # seconds during which the source was read, in total
        self.left_out: list[str] = []  # of the last reading: names beyond the limit
        self.stored_left_out: tuple[int, list[str]] = source.left_out_count, source.left_out or []
        self.load()

    def load(self) -> None:
        """Load the stored series. Times that this object knows more exactly stay."""
        previous = dict(getattr(self, "readings_at_last_value", {}))
        self.positions: dict[str, int] = {}
        self.taken_positions: set[int] = set()  # includes series that are gone since a short time
        self.seen: dict[str, float] = {}
        self.stored: dict[str, float] = {}
        self.readings_at_last_value: dict[str, float] = {}  # ``readings`` at the last value
        rows = self.source.series.exclude(position=None).values_list("name", "position", "seen_at", "gone_at")
        for name, position, seen_at, gone_at in rows:
            assert position is not None
            self.taken_positions.add(position)
            if gone_at is None:
                self.positions[name] = position
                self.seen[name] = self.stored[name] = seen_at.timestamp()
                self.readings_at_last_value[name] = previous.get(name, self.readings)
        self.read_ring()
        self.mark_changed()

    def read_ring(self) -> None:
        """Read the exact times of recent series from the ring, where the previous collector wrote them."""
        try:
            rows = get_ring().since(self.source.pk, int(time()) - RING_SECONDS)
        except redis.RedisError:
            return
        recent = [row for row in rows if row.t >= rows[-1].t - RECENT_SECONDS]
        for name, position in self.positions.items():
            for row in reversed(recent):
                if position < len(row.values) and not isnan(row.values[position]):
                    self.seen[name] = float(row.t)
                    break

    def mark_changed(self) -> None:
        self.version = next(versions)
        self.width = max(self.positions.values(), default=-1) + 1

    @property
    def refused(self) -> int:
        return len(self.left_out)

    def make_row(
        self,
        readings: Iterable[Reading],
        t: float | None = None,
        *,
        interval: float = 1.0,
        left_out: Sequence[str] = (),
        dropped: Sequence[str] = (),
    ) -> Values:
        """Return the values by position. A missing value is NaN.

        ``left_out`` are names whose values the source did not take. ``dropped`` are names that it will not read again.
        """
        now, self.interval = time() if t is None else t, interval
        rows = list(readings)
        if self.last_read_at:
            self.readings += clamp_reading_step(now - self.last_read_at)
        self.last_read_at = now
        self.retire(list(dropped), now)
        self.add([reading for reading in rows if reading.name not in self.positions], now)
        self.left_out += left_out
        values = array("d", [nan]) * self.width
        for name, value, _unit in rows:
            position = self.positions.get(name)
            if position is not None:
                values[position] = round_reading(value)
                self.seen[name], self.readings_at_last_value[name] = now, self.readings
        if abs(now - self.swept_at) >= SWEEP_INTERVAL:
            self.sweep(now)
        return values

    # New ones

    def add(self, readings: list[Reading], now: float) -> None:
        new_readings = {reading.name: reading for reading in readings}
        if len(new_readings) > MAX_SERIES_PER_SOURCE - len(self.positions):
            self.retire_idle(now)
        accepted = list(new_readings)[: MAX_SERIES_PER_SOURCE - len(self.positions)]
        self.left_out = list(new_readings)[len(accepted) :]
        if not accepted:
            return
        try:
            with transaction.atomic():
                self.store([new_readings[name] for name in accepted], now)
        except IntegrityError:  # another collector stored the series first; the next tick continues with its rows
            self.load()

    def store(self, readings: Sequence[Reading], now: float) -> None:
        existing = {row.name: row for row in self.source.series.filter(name__in=[reading.name for reading in readings])}
        free_positions = islice(
            (position for position in count() if position not in self.taken_positions), len(readings)
        )
        created, returned, positions = [], [], {}
        for reading in readings:
            row = existing.get(reading.name)
            position = next(free_positions) if row is None or row.position is None else row.position
            positions[reading.name] = position
            if row is None:
                created.append(Series(source=self.source, name=reading.name, unit=reading.unit, position=position))
            else:
                row.position, row.gone_at, row.unit = position, None, reading.unit
                returned.append(row)
            (created if row is None else returned)[-1].seen_at = to_datetime(now)
        Series.objects.bulk_create(created)
        Series.objects.bulk_update(returned, ["position", "gone_at", "unit", "seen_at"])
        self.positions |= positions
        self.taken_positions.update(positions.values())
        for name in positions:
            self.seen[name] = self.stored[name] = now
            self.readings_at_last_value[name] = self.readings
        self.mark_changed()

    # Old ones

    def get_activity(self, name: str) -> SeriesActivity:
        return SeriesActivity(self.seen[name], self.readings - self.readings_at_last_value[name])

    def state(self, name: str, now: float) -> SeriesState:
        if name not in self.positions:
            return SeriesState.GONE
        return get_series_state(self.get_activity(name), now, interval=self.interval, active=get_active_seconds())

    def is_stale(self, name: str) -> bool:
        """Whether its source is read without it."""
        return self.readings - self.readings_at_last_value[name] >= get_silence_limit(self.interval)

    def retire_idle(self, now: float) -> None:
        """Retire series that sweep would keep because their source was idle for a long time."""
        gone_limit = get_gone_limit(self.interval, get_active_seconds())
        self.retire([name for name, seen_at in self.seen.items() if now - seen_at >= gone_limit], now)

    def sweep(self, now: float) -> None:
        self.swept_at = now
        for name, seen_at in self.seen.items():
            if seen_at > now:  # the clock was set back
                self.seen[name] = now
        self.retire([name for name in self.positions if self.state(name, now) is SeriesState.GONE], now)
        self.store_seen()
        self.release(now)
        self.store_left_out()

    def retire(self, names: Sequence[str], now: float) -> None:
        """Remove series from the live layout. Their positions stay reserved until the ring has no value of them."""
        known = [name for name in names if name in self.positions]
        if not known:
            return
        rows = list(self.source.series.filter(name__in=known))
        for row in rows:
            row.seen_at, row.gone_at = to_datetime(self.seen[row.name]), to_datetime(now)
        Series.objects.bulk_update(rows, ["seen_at", "gone_at"], batch_size=200)
        for name in known:
            for mapping in (self.positions, self.seen, self.stored, self.readings_at_last_value):
                del mapping[name]
        self.mark_changed()

    def store_seen(self) -> None:
        names_by_time: dict[float, list[str]] = {}
        for name, seen_at in self.seen.items():
            if seen_at - self.stored[name] >= SEEN_PRECISION or seen_at < self.stored[name]:
                names_by_time.setdefault(seen_at, []).append(name)
        for seen_at, names in names_by_time.items():
            self.source.series.filter(name__in=names).update(seen_at=to_datetime(seen_at))
            self.stored.update(dict.fromkeys(names, seen_at))

    def release(self, now: float) -> None:
        if len(self.taken_positions) == len(self.positions):
            return
        expired = self.source.series.filter(gone_at__lte=to_datetime(now) - POSITION_QUARANTINE).exclude(position=None)
        positions = list(expired.values_list("position", flat=True))
        if positions:
            expired.update(position=None)
            self.taken_positions.difference_update(positions)

    def store_left_out(self) -> None:
        """Store the names that were left out, for the page of the source."""
        left_out = len(self.left_out), self.left_out[:LEFT_OUT_NAMES]
        if left_out != self.stored_left_out:
            Source.objects.filter(pk=self.source.pk).update(left_out_count=left_out[0], left_out=left_out[1])
            self.stored_left_out = left_out


class Catalogue:
    def __init__(self) -> None:
        self.indexes: dict[str, SeriesIndex] = {}

    def get_index(self, key: str) -> SeriesIndex:
        if key not in self.indexes:
            self.indexes[key] = SeriesIndex(Source.objects.get_or_create(key=key)[0])
        return self.indexes[key]

    def reload(self, keys: Iterable[str]) -> None:
        """Read these sources again: their declarations were changed or removed."""
        for key in keys:
            self.indexes.pop(key, None)

    def __iter__(self) -> Iterator[SeriesIndex]:
        return iter(self.indexes.values())
