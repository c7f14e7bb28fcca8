"""What programs push. A value counts as long as the next one may take; it is never repeated for longer."""

import time
from collections.abc import Iterable

import redis
from django.db import Error

from monitor.ingest.counters import Counters
from monitor.ingest.latest import get_box
from monitor.metrics import Down, Reading
from monitor.sources.source import Source


class Pushed(Source):
    def __init__(self, key: str, number: int, every: int) -> None:
        self.key = key
        self.number, self.every = number, every
        self.counters = Counters()

    def read(self, at: float) -> Iterable[Reading]:
        try:
            found = get_box().all(self.number)
        except (redis.RedisError, Error) as error:
            raise Down(f"What was pushed cannot be read: {error}") from None
        oldest = time.time() - self.every
        fresh = {name: value for name, value in found.items() if value.at >= oldest}
        if not fresh:
            raise Down(f"Nothing was pushed within {self.every} s.")
        for name, (value, moment, counter) in fresh.items():
            yield from self.counters.readings(name, value, moment, counter)
