"""The results of checks as series: ``<check>.up``, ``<check>.time``, and ``<check>.days`` of a certificate."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import nan

from monitor.metrics.readings import Reading, Unit
from monitor.metrics.sources.source import SourceReader

UP = {"up": 1.0, "degraded": 1.0, "down": 0.0}


@dataclass
class LatestResult:
    state: str = "unknown"
    seconds: float | None = None
    days: float | None = None


@dataclass
class CheckSource(SourceReader):
    """Written by the event loop and read by the collector. Whole objects are replaced, so no lock is needed."""

    key = "checks"

    latest: dict[str, LatestResult] = field(default_factory=dict)  # by slug
    running: int = 0
    overdue: int = 0

    def read(self, at: float) -> Iterable[Reading]:
        for slug, result in sorted(self.latest.items()):
            yield Reading(f"{slug}.up", UP.get(result.state, nan))
            if result.seconds is not None:
                yield Reading(f"{slug}.time", result.seconds, Unit.SECONDS)
            if result.days is not None:
                yield Reading(f"{slug}.days", result.days)
        yield Reading("running", self.running)
        yield Reading("overdue", self.overdue)
