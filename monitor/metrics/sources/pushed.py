"""Values that programs push. A value is valid until the next one is due; it is never repeated for longer."""

import time
from collections.abc import Iterable, Mapping

import redis
from django.db import Error

from monitor.metrics.ingest.counters import Counters
from monitor.metrics.ingest.latest import LatestValue, get_latest_store
from monitor.metrics.readings import Reading, SourceDown
from monitor.metrics.series_state import get_active_seconds, get_gone_limit
from monitor.metrics.sources.source import SourceReader


class PushedReader(SourceReader):
    def __init__(self, key: str, number: int, every: int) -> None:
        self.key = key
        self.source_id, self.max_age = number, every
        self.interval = float(every)
        self.counters = Counters()

    def read(self, at: float) -> Iterable[Reading]:
        try:
            values = get_latest_store().all(self.source_id)
        except (redis.RedisError, Error) as error:
            raise SourceDown(f"The pushed values can't be read: {error}") from None
        now = time.time()
        self.remove_old(values, now)
        oldest = now - self.max_age
        fresh = {name: value for name, value in values.items() if value.at >= oldest}
        if not fresh:
            raise SourceDown(f"No values were pushed within {self.max_age} s.")
        for name, (value, moment, counter) in fresh.items():
            yield from self.counters.readings(name, value, moment, counter)

    def remove_old(self, values: Mapping[str, LatestValue], now: float) -> None:
        """Remove values that are so old that their series may be replaced."""
        since = now - get_gone_limit(self.max_age, get_active_seconds())
        old = [name for name, value in values.items() if value.at < since]
        if old:
            get_latest_store().remove(self.source_id, old)
            self.counters.keep(values.keys() - old)
