"""How the checks went last, as series: ``<check>.up``, ``<check>.time``, and ``<check>.days`` of a certificate."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import nan

from monitor.metrics.readings import Reading, Unit
from monitor.metrics.sources.source import SourceReader

UP = {"up": 1.0, "down": 0.0}


@dataclass
class Latest:
    state: str = "unknown"
    seconds: float | None = None
    days: float | None = None


@dataclass
class CheckSource(SourceReader):
    """Written by the loop that asks, read by the collector: whole objects are put in place, so that neither waits."""

    key = "checks"

    latest: dict[str, Latest] = field(default_factory=dict)  # by slug
    running: int = 0
    overdue: int = 0

    def read(self, at: float) -> Iterable[Reading]:
        for slug, each in sorted(self.latest.items()):
            yield Reading(f"{slug}.up", UP.get(each.state, nan))
            if each.seconds is not None:
                yield Reading(f"{slug}.time", each.seconds, Unit.SECONDS)
            if each.days is not None:
                yield Reading(f"{slug}.days", each.days)
        yield Reading("running", self.running)
        yield Reading("overdue", self.overdue)
