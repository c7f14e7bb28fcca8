"""What the collector measured and could not store yet, in memory: the last minutes, and never more than a limit."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from monitor.metrics.readings import Reading, Values
from monitor.metrics.sources.source import SourceReader
from monitor.metrics.store.ring import RING_SECONDS

AWAY_INTERVAL = 5  # seconds between two measurements while the database is away
MAX_READINGS = 100_000  # some 15 MB
MAX_VALUES = 1_000_000  # 8 MB


class SourceReadings(NamedTuple):
    """What one source gave; None if it is down."""

    key: str
    source: SourceReader | None  # None: the collector itself
    readings: Sequence[Reading] | None


class Measurement(NamedTuple):
    t: int
    sources: Sequence[SourceReadings]

    def count_readings(self) -> int:
        return sum(len(source.readings or ()) for source in self.sources)


class PendingMeasurements:
    """Measured while the database was away, the oldest first. Positions in the rows are found when it is back."""

    def __init__(self) -> None:
        self.waiting: deque[Measurement] = deque(maxlen=RING_SECONDS // AWAY_INTERVAL)

    def add(self, measurement: Measurement) -> None:
        self.waiting.append(measurement)
        while len(self.waiting) > 1 and sum(map(Measurement.count_readings, self.waiting)) > MAX_READINGS:
            self.waiting.popleft()

    def is_due(self, t: int) -> bool:
        return not self.waiting or t - self.waiting[-1].t >= AWAY_INTERVAL


class PendingRows:
    """Rows that the ring did not take, the oldest first: Redis is away while the database works."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[int, Mapping[int, Values]]] = deque(maxlen=RING_SECONDS)

    def add(self, t: int, rows: Mapping[int, Values]) -> None:
        self.waiting.append((t, rows))
        while len(self.waiting) > 1 and self.count_values() > MAX_VALUES:
            self.waiting.popleft()

    def count_values(self) -> int:
        return sum(len(values) for _t, rows in self.waiting for values in rows.values())
