"""What only counts up and is told more seldom than ticks come: its growth is held until the next total."""

from collections.abc import Collection

from monitor.metrics.ingest import names as naming
from monitor.metrics.readings import Rates, Reading


class Counters:
    def __init__(self) -> None:
        self.rates = Rates()
        self.held: dict[str, tuple[float, float | None]] = {}  # name -> moment of the total, growth until then

    def keep(self, names: Collection[str]) -> None:
        """Of what is not told any more nothing is held."""
        self.rates.keep(names)
        self.held = {name: held for name, held in self.held.items() if name in names}

    def readings(self, name: str, value: float, at: float, counter: bool) -> list[Reading]:
        """``at`` is the moment of the total, by any clock that is always the same."""
        unit = naming.guess_unit(name, counter)
        if not counter:
            return [Reading(name, value, unit)]
        if name not in self.held or self.held[name][0] != at:
            self.held[name] = at, self.rates.of(name, value, at)
        growth = self.held[name][1]
        return [] if growth is None else [Reading(name, growth, unit)]
