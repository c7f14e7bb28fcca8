"""Rates of counters that arrive less often than ticks. A rate is kept until the next total."""

from collections.abc import Collection

from monitor.metrics.ingest import names as naming
from monitor.metrics.readings import Rates, Reading


class Counters:
    def __init__(self) -> None:
        self.rates = Rates()
        self.last_growth: dict[str, tuple[float, float | None]] = {}  # name -> time of the total, rate up to then

    def keep(self, names: Collection[str]) -> None:
        """Forget names that are no longer read."""
        self.rates.keep(names)
        self.last_growth = {name: entry for name, entry in self.last_growth.items() if name in names}

    def readings(self, name: str, value: float, at: float, counter: bool) -> list[Reading]:
        """``at`` is the time of the total, by any clock that is always the same."""
        unit = naming.guess_unit(name, counter)
        if not counter:
            return [Reading(name, value, unit)]
        if name not in self.last_growth or self.last_growth[name][0] != at:
            self.last_growth[name] = at, self.rates.of(name, value, at)
        growth = self.last_growth[name][1]
        return [] if growth is None else [Reading(name, growth, unit)]
