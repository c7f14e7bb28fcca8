"""Servers that tell of themselves in the format of Prometheus, asked beside the ticks, each at its own pace."""

import logging
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from django.db import Error, connection

from monitor import models
from monitor.alerts.patterns import fits_any
from monitor.ingest import scrape
from monitor.ingest.counters import Counters
from monitor.ingest.formats import Malformed, Sample, from_prometheus
from monitor.metrics import SERIES_LIMIT, Down, Reading
from monitor.sealing import unseal
from monitor.sources.source import Source

logger = logging.getLogger(__name__)

threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="scrape")


def bare(name: str) -> str:
    return name.partition("{")[0]


def is_wanted(name: str, allowed: str) -> bool:
    """``allowed``: patterns of names, separated by spaces; none: all."""
    return not allowed.strip() or fits_any(bare(name), allowed)


class Found(NamedTuple):
    at: float  # monotonic
    samples: Sequence[Sample] = ()
    refused: int = 0
    trouble: str = ""
    hint: str = ""  # why it answers and yet gives no values


class Scraped(Source):
    def __init__(self, declared: models.Scraped) -> None:
        self.key, self.declared = declared.source.key, declared
        self.interval = float(declared.interval)
        self.counters = Counters()
        self.asked: Future[Found] | None = None
        self.found: Found | None = None
        self.next = 0.0
        self.taken: set[str] = set()  # names in the last answer
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
            if self.found.samples:
                self.counters.keep({sample.name for sample in self.found.samples})
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
            found = self.choose(at, list(from_prometheus(body)))
        except (Down, Malformed, scrape.BadAddress) as error:
            found = Found(at, trouble=str(error))
        self.note(found)
        return found

    def choose(self, at: float, samples: Sequence[Sample]) -> Found:
        """At most as many as a source may have; those that were in the last answer, too, come first."""
        wanted = [sample for sample in samples if is_wanted(sample.name, self.declared.allowed)]
        if not wanted:
            return Found(at, hint=self.nothing_wanted(samples))
        wanted.sort(key=lambda sample: sample.name not in self.taken)
        names = list(dict.fromkeys(sample.name for sample in wanted))
        self.taken, beyond = set(names[:SERIES_LIMIT]), names[SERIES_LIMIT:]
        self.left_out = beyond
        return Found(at, [sample for sample in wanted if sample.name in self.taken], len(beyond))

    def nothing_wanted(self, samples: Sequence[Sample]) -> str:
        if not samples:
            return "It answers without a single metric."
        names = ", ".join(list(dict.fromkeys(bare(sample.name) for sample in samples))[:3])
        return f"None of its {len(samples)} series has a name that is asked for. Some of its names: {names}."

    def note(self, found: Found) -> None:
        """For the page of the source, when it is another than before."""
        told = (found.trouble or found.hint)[:300], found.refused
        if told == self.noted:
            return
        try:
            models.Scraped.objects.filter(pk=self.declared.pk).update(trouble=told[0], refused=told[1])
            self.noted = told
        except Error as error:
            logger.warning("What %s answers was not noted: %s", self.key, error)
        finally:
            connection.close()  # it is seldom needed, and there are many threads
