"""Servers that tell of themselves in the format of Prometheus, asked beside the ticks, each at its own pace."""

import logging
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from fnmatch import fnmatchcase
from typing import NamedTuple

from django.db import Error, connection

from monitor import models
from monitor.ingest import scrape
from monitor.ingest.counters import Counters
from monitor.ingest.formats import Malformed, Sample, from_prometheus
from monitor.metrics import SERIES_LIMIT, Down, Reading
from monitor.sealing import unseal
from monitor.sources.source import Source

logger = logging.getLogger(__name__)

threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="scrape")


class Found(NamedTuple):
    at: float  # monotonic
    samples: Sequence[Sample] = ()
    refused: int = 0
    trouble: str = ""


class Scraped(Source):
    def __init__(self, declared: models.Scraped) -> None:
        self.key, self.declared = declared.source.key, declared
        self.patterns = declared.allowed.split() or ["*"]
        self.counters = Counters()
        self.asked: Future[Found] | None = None
        self.found: Found | None = None
        self.next = 0.0
        self.noted = declared.trouble, declared.refused

    def read(self, at: float) -> Iterable[Reading]:
        """The newest answer, while it counts. An answer that is on its way is not waited for."""
        found = self.newest(at)
        if found is None:
            return
        if found.trouble:
            raise Down(found.trouble)
        for name, value, counter, _at in found.samples:
            yield from self.counters.readings(name, value, found.at, counter)

    def newest(self, at: float) -> Found | None:
        if self.asked and self.asked.done():
            self.found = self.asked.result()
            self.asked = None
        if self.asked is None and at >= self.next:
            self.next = at + self.declared.interval
            self.asked = threads.submit(self.ask)
        found = self.found
        if found and at - found.at > 2 * self.declared.interval + self.declared.timeout + 10:
            return Found(found.at, trouble="It was not asked for a while.")
        return found

    def ask(self) -> Found:
        at = time.monotonic()
        try:
            body = scrape.ask(self.declared.url, unseal(self.declared.bearer), self.declared.timeout)
            chosen = [each for each in from_prometheus(body) if self.wants(each.name)]
            found = Found(at, chosen[:SERIES_LIMIT], max(0, len(chosen) - SERIES_LIMIT))
        except (Down, Malformed, scrape.BadAddress) as error:
            found = Found(at, trouble=str(error))
        self.note(found)
        return found

    def wants(self, name: str) -> bool:
        bare = name.partition("{")[0]
        return any(fnmatchcase(bare, pattern) for pattern in self.patterns)

    def note(self, found: Found) -> None:
        """For the page of the source, when it is another than before."""
        told = found.trouble[:300], found.refused
        if told == self.noted:
            return
        try:
            models.Scraped.objects.filter(pk=self.declared.pk).update(trouble=told[0], refused=told[1])
            self.noted = told
        except Error as error:
            logger.warning("What %s answers was not noted: %s", self.key, error)
        finally:
            connection.close()  # it is seldom needed, and there are many threads
