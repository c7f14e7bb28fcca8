"""The socket servers, from the report of each process."""

from collections.abc import Iterable, Iterator

import redis
from django.db import Error

from monitor.metrics import reports
from monitor.metrics.readings import Rates, Reading, SourceDown, Unit
from monitor.metrics.reports import ProcessReport
from monitor.metrics.sources.source import SourceReader

UNITS = {"memory": Unit.BYTES, "fanout": Unit.SECONDS, "lag": Unit.SECONDS}


class LiveReader(SourceReader):
    key = "live"

    def __init__(self) -> None:
        self.rates = Rates()
        self.watched: set[str] = set()  # dashboards with viewers, found by the way

    def read(self, at: float) -> Iterable[Reading]:
        try:
            told = reports.get_fresh_reports()
        except (redis.RedisError, Error) as error:
            raise SourceDown(f"The process statistics can't be read: {error}") from None
        self.watched = {name for each in told for name in each.watched}
        yield Reading("live.processes", len(told))
        if told:
            yield from self.sums(told, at)
            yield from read_worst_percentiles(told)

    def sums(self, told: list[ProcessReport], at: float) -> Iterator[Reading]:
        for name in sorted({name for each in told for name in each.now}):
            yield Reading(name, sum(each.now.get(name, 0.0) for each in told), UNITS.get(name, Unit.NUMBER))
        rates: dict[str, float] = {}
        for each in told:
            for name, total in each.counts.items():
                rate = self.rates.of(f"{each.name} {name}", total, at)
                if rate is not None:
                    rates[name] = rates.get(name, 0.0) + rate
        yield from (Reading(name, rates[name], Unit.PER_SECOND) for name in sorted(rates))


def read_worst_percentiles(told: list[ProcessReport]) -> Iterator[Reading]:
    """Yield the highest value of all processes, since percentiles of several processes can't be merged."""
    for name in sorted({name for each in told for name in each.spread}):
        for label, position in (("p50", 0), ("p95", 1), ("p99", 2)):
            value = max(each.spread[name][position] for each in told if name in each.spread)
            yield Reading(f"{name}.{label}", value, UNITS.get(name, Unit.NUMBER))
