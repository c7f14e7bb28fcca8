"""Scrape targets in the format of Prometheus, read beside the ticks, each at its own interval."""

import logging
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from django.db import Error, connection

from monitor.metrics import models
from monitor.metrics.catalogue import MAX_SERIES_PER_SOURCE
from monitor.metrics.ingest import scrape
from monitor.metrics.ingest.counters import Counters
from monitor.metrics.ingest.formats import Parsed, parse_text_format
from monitor.metrics.ingest.prometheus_text import Sample
from monitor.metrics.name_patterns import MAX_PATTERNS, matches_pattern
from monitor.metrics.readings import Reading, SourceDown
from monitor.metrics.sources.source import SourceReader
from myweb.encryption import decrypt_secret
from myweb.failure_log import FailureLog

failures = FailureLog(logging.getLogger(__name__))

MAX_REMEMBERED_NAMES = 10_000  # whose match is cached

threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="scrape")


def is_wanted(metric: str, allowed: str) -> bool:
    """``metric`` is a name without labels. ``allowed`` are patterns of names, separated by spaces; empty: all."""
    patterns = allowed.split()[:MAX_PATTERNS] or ["*"]
    return any(matches_pattern(metric, pattern) for pattern in patterns)


class ScrapeResult(NamedTuple):
    at: float  # monotonic
    samples: Sequence[Sample] = ()
    refused: int = 0  # beyond the limit
    skipped: int = 0  # lines that could not be parsed
    why: Sequence[str] = ()  # reasons for skipped lines
    trouble: str = ""


def get_result_fields(result: ScrapeResult) -> dict[str, Any]:
    """Return the fields of a result that the database stores."""
    return {
        "trouble": result.trouble[:300],
        "refused": result.refused,
        "skipped": result.skipped,
        "why": list(result.why),
    }


def explain_empty_response(parsed: Parsed) -> str:
    """Return the reason why a response has no values."""
    if parsed.unwanted:
        names = ", ".join(parsed.unwanted_names)
        return (
            f"None of its {parsed.unwanted} values has a name that fits “Only these names”. Some of its names: {names}."
        )
    if parsed.refusals.count:
        return f"The response is not the Prometheus text format. {parsed.refusals.examples[0]}"
    return "The response contains no values."


class ScrapedReader(SourceReader):
    def __init__(self, declared: models.Scraped) -> None:
        self.key, self.declared = declared.source.key, declared
        self.interval = float(declared.interval)
        self.counters = Counters()
        self.pending: Future[ScrapeResult] | None = None
        self.result: ScrapeResult | None = None
        self.next_at = 0.0
        self.wanted_names: dict[str, bool] = {}
        self.last_names: set[str] = set()  # names in the last response
        self.stored_fields = get_result_fields(
            ScrapeResult(0, (), declared.refused, declared.skipped, declared.why, declared.trouble)
        )

    def read(self, at: float) -> Iterable[Reading]:
        """Yield the newest response while it is valid. A running request is not waited for."""
        result = self.get_newest_result(at)
        if result is None:
            return
        if result.trouble:
            raise SourceDown(result.trouble)
        for name, value, counter, _at in result.samples:
            yield from self.counters.readings(name, value, result.at, counter)

    def get_newest_result(self, at: float) -> ScrapeResult | None:
        if self.pending and self.pending.done():
            self.result = self.pending.result()
            self.pending = None
            if self.result.samples:
                self.counters.keep({sample.name for sample in self.result.samples})
        if self.pending is None and at >= self.next_at:
            self.next_at = at + self.declared.interval
            self.pending = threads.submit(self.scrape_target)
        result = self.result
        if result and at - result.at > 2 * self.declared.interval + self.declared.timeout + 10:
            return ScrapeResult(result.at, trouble="It has not been scraped for a while.")
        return result

    def scrape_target(self) -> ScrapeResult:
        at, declared = time.monotonic(), self.declared
        try:
            body = scrape.fetch_metrics(declared.url, decrypt_secret(declared.bearer), declared.timeout, declared.ca)
            result = self.select_samples(at, parse_text_format(body, self.is_wanted_name))
        except (SourceDown, scrape.BadAddress) as error:
            result = ScrapeResult(at, trouble=str(error))
        self.store_result(result)
        return result

    def select_samples(self, at: float, parsed: Parsed) -> ScrapeResult:
        """Keep at most as many series as a source may have; those of the last response come first.

        A response without values counts as down.
        """
        if not parsed.samples:
            raise SourceDown(explain_empty_response(parsed))
        samples = sorted(parsed.samples, key=lambda sample: sample.name not in self.last_names)
        names = list(dict.fromkeys(sample.name for sample in samples))
        self.last_names, self.left_out = set(names[:MAX_SERIES_PER_SOURCE]), names[MAX_SERIES_PER_SOURCE:]
        accepted = [sample for sample in samples if sample.name in self.last_names]
        return ScrapeResult(at, accepted, len(self.left_out), parsed.refusals.count, parsed.refusals.examples)

    def is_wanted_name(self, metric: str) -> bool:
        if metric not in self.wanted_names:
            if len(self.wanted_names) >= MAX_REMEMBERED_NAMES:
                self.wanted_names.clear()
            self.wanted_names[metric] = is_wanted(metric, self.declared.allowed)
        return self.wanted_names[metric]

    def store_result(self, result: ScrapeResult) -> None:
        """Store the result for the page of the source, if it has changed."""
        fields = get_result_fields(result)
        if fields == self.stored_fields:
            return
        try:
            models.Scraped.objects.filter(pk=self.declared.pk).update(**fields)
            self.stored_fields = fields
        except Error as error:
            failures.record_failure(f"Storing the result of {self.key}", error)
        else:
            failures.record_success(f"Storing the result of {self.key}")
        finally:
            connection.close()  # it is rarely needed, and there are many threads
