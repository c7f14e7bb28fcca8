"""Parses statsd samples and aggregates them between two reads: ``name:value|type|@rate|#label:value``.

Counters and sets start at zero after each read, and report zero if nothing arrives. A gauge keeps its value for a
limited time. Of DogStatsD, tags and several values per line are supported. Its events, service checks and other fields
are ignored.
"""

import re
from collections.abc import Iterable, Iterator
from math import ceil, isfinite
from random import randrange
from typing import NamedTuple

from monitor.metrics.catalogue import MAX_SERIES_PER_SOURCE
from monitor.metrics.ingest.names import BadName, format_series_name, split_series
from monitor.metrics.ingest.prometheus_text import LARGEST
from monitor.metrics.readings import Reading, Unit
from monitor.metrics.series_state import get_active_seconds

GAUGE_LIFETIME = 60.0  # seconds that a gauge is valid
SAMPLES = 1_000  # of one timer between two reads; of more, a random selection
MEMBERS = 10_000  # of one set
VALUES = 1_000  # of one line
LEAST_RATE = 1e-6
KINDS = {"c": "counter", "g": "gauge", "ms": "timer", "h": "histogram", "d": "histogram", "s": "set"}
PERCENTILES = (50, 95, 99)  # of a timer or a histogram
ENDINGS = (*(f"p{percent}" for percent in PERCENTILES), "count")  # series of a timer or a histogram
SERIES = {"timer": len(ENDINGS), "histogram": len(ENDINGS)}  # the others have one
PURGE = 60.0  # seconds between two searches for unused names
OWN_SERIES = 3  # lines, malformed, refused
IGNORED_PREFIXES = ("_e{", "_sc|")  # events and service checks of DogStatsD
INVALID_CHARACTER = re.compile(r"[!-,;-@\[-^`{-\x7f]")  # ASCII punctuation except - . : _


class StatsdSample(NamedTuple):
    name: str  # with its labels
    kind: str
    value: str
    rate: float = 1.0  # sampling rate


class MalformedLine(ValueError):
    pass


def parse_line(line: str) -> Iterator[StatsdSample]:
    """Raises :class:`MalformedLine`."""
    head, bar, rest = line.partition("|")
    kind, *extras = rest.split("|")
    if not bar or kind not in KINDS:
        raise MalformedLine
    name, values = split_values(head, is_set=kind == "s")
    rate, labels = 1.0, dict[str, str]()
    for extra in extras:
        if extra.startswith("@"):
            rate = parse_statsd_number(extra[1:])
        elif extra.startswith("#"):
            pairs = [tag.lstrip("#").partition(":")[::2] for tag in extra.split(",")]
            labels = {label: value for label, value in pairs if label}
    if not LEAST_RATE <= rate <= 1:
        raise MalformedLine
    try:
        series = format_series_name(sanitize_statsd_name(name), labels)
        append_ending(series, "count")  # the longest derived name
    except BadName:
        raise MalformedLine from None
    for value in values:
        yield StatsdSample(series, KINDS[kind], value, rate)


def split_values(head: str, *, is_set: bool) -> tuple[str, list[str]]:
    """Split ``name:1:2``. A name may contain colons, such as ``App::run``; the numbers at the end are values."""
    name, colon, value = head.partition(":")
    if is_set and colon:
        return name, [value]
    parts = head.rsplit(":", VALUES)
    first = len(parts)
    while first > 1 and is_statsd_number(parts[first - 1]):
        first -= 1
    if first == len(parts):
        raise MalformedLine
    return ":".join(parts[:first]), parts[first:]


def sanitize_statsd_name(name: str) -> str:
    """Clean names as the statsd server does, but keep letters of all scripts."""
    return INVALID_CHARACTER.sub("", re.sub(r"\s+", "_", name.strip()).replace("/", "-"))


def is_statsd_number(text: str) -> bool:
    try:
        parse_statsd_number(text)
    except MalformedLine:
        return False
    return True


def parse_statsd_number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise MalformedLine from None
    if not isfinite(value) or abs(value) > LARGEST or "_" in text:
        raise MalformedLine
    return value


class Gauge:
    def __init__(self) -> None:
        self.value, self.at = 0.0, 0.0

    def add(self, sample: StatsdSample, at: float) -> None:
        """A value with a sign changes the gauge, as in statsd."""
        value = float(sample.value)
        self.value, self.at = value + (self.value if sample.value[0] in "+-" else 0.0), at

    def readings(self, name: str, at: float, span: float) -> Iterator[Reading]:
        if at - self.at <= GAUGE_LIFETIME:
            yield Reading(name, self.value)


class Counter:
    def __init__(self) -> None:
        self.total = 0.0

    def add(self, sample: StatsdSample, at: float) -> None:
        self.total += float(sample.value) / sample.rate

    def readings(self, name: str, at: float, span: float) -> Iterator[Reading]:
        yield Reading(name, self.total / span, Unit.PER_SECOND)
        self.total = 0.0


class Histogram:
    """Of any measured value, such as the size of a body."""

    unit, divisor = Unit.NUMBER, 1.0

    def __init__(self) -> None:
        self.count, self.seen, self.values = 0.0, 0, list[float]()

    def add(self, sample: StatsdSample, at: float) -> None:
        self.count += 1 / sample.rate
        self.seen += 1
        if len(self.values) < SAMPLES:
            self.values.append(float(sample.value))
        elif (position := randrange(self.seen)) < SAMPLES:  # noqa: S311 - a sample, no secret
            self.values[position] = float(sample.value)

    def readings(self, name: str, at: float, span: float) -> Iterator[Reading]:
        ordered = sorted(self.values)
        for percent in PERCENTILES if ordered else ():
            position = max(0, ceil(len(ordered) * percent / 100) - 1)
            yield Reading(append_ending(name, f"p{percent}"), ordered[position] / self.divisor, self.unit)
        yield Reading(append_ending(name, "count"), self.count / span, Unit.PER_SECOND)
        self.count, self.seen, self.values = 0.0, 0, []


class Timer(Histogram):
    """Values arrive in milliseconds and are reported in seconds."""

    unit, divisor = Unit.SECONDS, 1_000.0


class Distinct:
    def __init__(self) -> None:
        self.members = set[int]()

    def add(self, sample: StatsdSample, at: float) -> None:
        """Store hashes: a member may be as long as a datagram."""
        if len(self.members) < MEMBERS:
            self.members.add(hash(sample.value))

    def readings(self, name: str, at: float, span: float) -> Iterator[Reading]:
        yield Reading(name, len(self.members))
        self.members.clear()


StatsdMetric = Gauge | Counter | Histogram | Distinct
METRIC_TYPES: dict[str, type[StatsdMetric]] = {
    "gauge": Gauge,
    "counter": Counter,
    "timer": Timer,
    "histogram": Histogram,
    "set": Distinct,
}


def append_ending(name: str, ending: str) -> str:
    bare, labels = split_series(name)
    return format_series_name(f"{bare}.{ending}", labels)


class StatsdAggregator:
    """It is not thread-safe."""

    def __init__(self, now: float) -> None:
        self.metrics: dict[str, tuple[str, StatsdMetric]] = {}
        self.seen_at: dict[str, float] = {}  # time of the last sample of each name
        self.dropped: list[str] = []  # series that are no longer reported, until they are taken
        self.series, self.last, self.purge_at = OWN_SERIES, now, now + PURGE
        self.lines = self.malformed = self.refused = 0

    def add_lines(self, lines: Iterable[str], at: float) -> None:
        for line in lines:
            if not line.strip() or line.startswith(IGNORED_PREFIXES):
                continue
            self.lines += 1
            try:
                for sample in list(parse_line(line.strip())):
                    self.add(sample, at)
            except MalformedLine:
                self.malformed += 1

    def add(self, sample: StatsdSample, at: float) -> None:
        """The first kind of a name stays; another kind is refused, and so are series beyond the limit."""
        kind, metric = self.metrics.get(sample.name, ("", None))
        if metric is None and self.series + SERIES.get(sample.kind, 1) > MAX_SERIES_PER_SOURCE:
            self.drop_old(at)
        if metric is None and self.series + SERIES.get(sample.kind, 1) <= MAX_SERIES_PER_SOURCE:
            self.series += SERIES.get(sample.kind, 1)
            kind, metric = self.metrics[sample.name] = sample.kind, METRIC_TYPES[sample.kind]()
        if metric is None or kind != sample.kind:
            self.refused += 1
        else:
            metric.add(sample, at)
            self.seen_at[sample.name] = at

    def drop_old(self, at: float) -> None:
        """Stop reporting names without samples for a long time."""
        oldest_kept = at - get_active_seconds()
        for name in [name for name, seen_at in self.seen_at.items() if seen_at < oldest_kept]:
            kind, _metric = self.metrics.pop(name)
            del self.seen_at[name]
            self.series -= SERIES.get(kind, 1)
            self.dropped += [append_ending(name, ending) for ending in ENDINGS] if kind in SERIES else [name]

    def readings(self, at: float) -> list[Reading]:
        span, self.last = max(at - self.last, 0.001), at
        if at >= self.purge_at:
            self.purge_at = at + PURGE
            self.drop_old(at)
        readings = [
            reading for name, (_kind, metric) in self.metrics.items() for reading in metric.readings(name, at, span)
        ]
        own_counts = {"lines": self.lines, "malformed": self.malformed, "refused": self.refused}
        self.lines = self.malformed = self.refused = 0
        return readings + [
            Reading(f"statsd.{name}", count / span, Unit.PER_SECOND) for name, count in own_counts.items()
        ]
