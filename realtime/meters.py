"""Counters and samples of this process. A count costs less than a microsecond."""

from collections import Counter, deque
from collections.abc import Iterable
from math import ceil

KEPT = 1_000  # samples of a kind between two reads, the newest


class Meters:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()  # only ever grow
        self.samples: dict[str, deque[float]] = {}
        self.found_killed_at = 0.0  # when this process found that the one before it had been killed; 0: it was not

    def count(self, name: str, number: int = 1) -> None:
        self.counts[name] += number

    def sample(self, name: str, value: float) -> None:
        kept = self.samples.get(name)
        if kept is None:
            kept = self.samples[name] = deque(maxlen=KEPT)
        kept.append(value)

    def take(self) -> dict[str, list[float]]:
        """The [p50, p95, p99] of the samples since the last call, by kind."""
        taken, self.samples = self.samples, {}
        return {name: percentiles(values) for name, values in taken.items()}


def percentiles(values: Iterable[float], shares: Iterable[float] = (0.5, 0.95, 0.99)) -> list[float]:
    """By nearest rank: each percentile is a value that occurred."""
    ordered = sorted(values)
    return [ordered[max(0, ceil(share * len(ordered)) - 1)] for share in shares]


meters = Meters()
