"""The socket servers, from the report of each process."""

from collections.abc import Iterable, Iterator

import redis
from django.db import Error

from monitor.metrics import reports
from monitor.metrics.readings import Rates, Reading, SourceDown, Unit
from monitor.metrics.reports import ProcessReport
from monitor.metrics.sources.source import SourceReader
from myweb.masking import describe_exception

UNITS = {"memory": Unit.BYTES, "fanout": Unit.SECONDS, "lag": Unit.SECONDS}


class LiveReader(SourceReader):
    key = "live"

    def __init__(self) -> None:
        self.rates = Rates()
        self.watched: set[str] = set()  # dashboards with viewers, found by the way

    def read(self, at: float) -> Iterable[Reading]:
        try:
            process_reports = reports.get_fresh_reports()
        except (redis.RedisError, Error) as error:
            raise SourceDown(f"The process statistics can't be read: {describe_exception(error)}") from None
        self.watched = {name for report in process_reports for name in report.watched}
        yield Reading("live.processes", len(process_reports))
        if process_reports:
            yield from self.sum_reports(process_reports, at)
            yield from read_worst_percentiles(process_reports)

    def sum_reports(self, process_reports: list[ProcessReport], at: float) -> Iterator[Reading]:
        for name in sorted({name for report in process_reports for name in report.now}):
            yield Reading(
                name, sum(report.now.get(name, 0.0) for report in process_reports), UNITS.get(name, Unit.NUMBER)
            )
        rates: dict[str, float] = {}
        for report in process_reports:
            for name, total in report.counts.items():
                rate = self.rates.of(f"{report.name} {name}", total, at)
                if rate is not None:
                    rates[name] = rates.get(name, 0.0) + rate
        yield from (Reading(name, rates[name], Unit.PER_SECOND) for name in sorted(rates))


def read_worst_percentiles(process_reports: list[ProcessReport]) -> Iterator[Reading]:
    """Yield the highest value of all processes, since percentiles of several processes can't be merged."""
    for name in sorted({name for report in process_reports for name in report.spread}):
        for label, position in (("p50", 0), ("p95", 1), ("p99", 2)):
            value = max(report.spread[name][position] for report in process_reports if name in report.spread)
            yield Reading(f"{name}.{label}", value, UNITS.get(name, Unit.NUMBER))
