"""What statsd's clients say, and what it comes to between two reads. A line is ``name:value|type|@rate|#label:value``.

Counters and sets begin at zero after each read, and say zero while nothing comes: somebody listened. A gauge stays what
it is, but for no longer than it counts.
"""

from collections.abc import Iterable, Iterator
from math import ceil, isfinite
from random import randrange
from typing import NamedTuple

from monitor.ingest.names import BadName, canonical
from monitor.metrics import SERIES_LIMIT, Reading, Unit
from monitor.series_state import active_seconds

COUNTS = 60.0  # seconds that a gauge counts
SAMPLES = 1_000  # of one timer between two reads; of more, so many by chance
MEMBERS = 10_000  # of one set
KINDS = {"c": "counter", "g": "gauge", "ms": "timer", "h": "timer", "d": "timer", "s": "set"}
SERIES = {"timer": 4}  # p50, p95, p99, count; the others are one
ENDINGS = ("p50", "p95", "p99", "count")  # series of a timer
PURGE = 60.0  # seconds between two looks for names that nobody says any more
OWN = 3  # lines, malformed, refused


class Said(NamedTuple):
    name: str  # with its labels
    kind: str
    value: str
    rate: float = 1.0  # such a part of all that happened was said


class Malformed(ValueError):
    pass


def said(line: str) -> Iterator[Said]:
    """Raises :class:`Malformed`."""
    name, colon, rest = line.partition(":")
    values, bar, more = rest.partition("|")
    kind, *extras = more.split("|")
    if not colon or not bar or kind not in KINDS:
        raise Malformed
    rate, labels = 1.0, dict[str, str]()
    for extra in extras:
        if extra.startswith("@"):
            rate = number(extra[1:])
        elif extra.startswith("#"):
            labels = dict(each.partition(":")[::2] for each in extra[1:].split(",") if each)
    if not 0 < rate <= 1:
        raise Malformed
    try:
        whole = canonical(name, labels)
    except BadName:
        raise Malformed from None
    for value in [values] if KINDS[kind] == "set" else values.split(":"):
        if KINDS[kind] != "set":
            number(value)
        yield Said(whole, KINDS[kind], value, rate)


def number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise Malformed from None
    if not isfinite(value):
        raise Malformed
    return value


class Gauge:
    def __init__(self) -> None:
        self.value, self.at = 0.0, 0.0

    def add(self, told: Said, at: float) -> None:
        """A sign before it says by how much it changed, as statsd has it."""
        value = float(told.value)
        self.value, self.at = value + (self.value if told.value[0] in "+-" else 0.0), at

    def readings(self, name: str, at: float, span: float) -> Iterator[Reading]:
        if at - self.at <= COUNTS:
            yield Reading(name, self.value)


class Counter:
    def __init__(self) -> None:
        self.total = 0.0

    def add(self, told: Said, at: float) -> None:
        self.total += float(told.value) / told.rate

    def readings(self, name: str, at: float, span: float) -> Iterator[Reading]:
        yield Reading(name, self.total / span, Unit.PER_SECOND)
        self.total = 0.0


class Timer:
    """In milliseconds, as they come; told in seconds."""

    def __init__(self) -> None:
        self.count, self.seen, self.values = 0.0, 0, list[float]()

    def add(self, told: Said, at: float) -> None:
        self.count += 1 / told.rate
        self.seen += 1
        if len(self.values) < SAMPLES:
            self.values.append(float(told.value))
        elif (place := randrange(self.seen)) < SAMPLES:  # noqa: S311 - a sample, no secret
            self.values[place] = float(told.value)

    def readings(self, name: str, at: float, span: float) -> Iterator[Reading]:
        ordered = sorted(self.values)
        for share in (50, 95, 99) if ordered else ():
            place = max(0, ceil(len(ordered) * share / 100) - 1)
            yield Reading(behind(name, f"p{share}"), ordered[place] / 1000, Unit.SECONDS)
        yield Reading(behind(name, "count"), self.count / span, Unit.PER_SECOND)
        self.count, self.seen, self.values = 0.0, 0, []


class Distinct:
    def __init__(self) -> None:
        self.members = set[str]()

    def add(self, told: Said, at: float) -> None:
        if len(self.members) < MEMBERS:
            self.members.add(told.value)

    def readings(self, name: str, at: float, span: float) -> Iterator[Reading]:
        yield Reading(name, len(self.members))
        self.members = set()


Kept = Gauge | Counter | Timer | Distinct
MAKERS: dict[str, type[Kept]] = {"gauge": Gauge, "counter": Counter, "timer": Timer, "set": Distinct}


def behind(name: str, ending: str) -> str:
    bare, brace, labels = name.partition("{")
    return f"{bare}.{ending}{brace}{labels}"


class Tally:
    """Not for several threads at once."""

    def __init__(self, now: float) -> None:
        self.kept: dict[str, tuple[str, Kept]] = {}
        self.seen: dict[str, float] = {}  # when something was said of each
        self.dropped: list[str] = []  # series that will not be told again, until somebody asks for them
        self.series, self.last, self.purge_at = OWN, now, now + PURGE
        self.lines = self.malformed = self.refused = 0

    def take(self, lines: Iterable[str], at: float) -> None:
        for line in lines:
            if not line.strip():
                continue
            self.lines += 1
            try:
                for told in list(said(line.strip())):
                    self.add(told, at)
            except Malformed:
                self.malformed += 1

    def add(self, told: Said, at: float) -> None:
        """What a name was first is what it stays; another kind under it is refused, as is one series too many."""
        kind, kept = self.kept.get(told.name, ("", None))
        if kept is None and self.series + SERIES.get(told.kind, 1) > SERIES_LIMIT:
            self.drop_old(at)
        if kept is None and self.series + SERIES.get(told.kind, 1) <= SERIES_LIMIT:
            self.series += SERIES.get(told.kind, 1)
            kind, kept = self.kept[told.name] = told.kind, MAKERS[told.kind]()
        if kept is None or kind != told.kind:
            self.refused += 1
        else:
            kept.add(told, at)
            self.seen[told.name] = at

    def drop_old(self, at: float) -> None:
        """Nothing is told any more of a name that nobody has said for so long."""
        since = at - active_seconds()
        for name in [name for name, seen in self.seen.items() if seen < since]:
            kind, _kept = self.kept.pop(name)
            del self.seen[name]
            self.series -= SERIES.get(kind, 1)
            self.dropped += [behind(name, each) for each in ENDINGS] if kind == "timer" else [name]

    def readings(self, at: float) -> list[Reading]:
        span, self.last = max(at - self.last, 0.001), at
        if at >= self.purge_at:
            self.purge_at = at + PURGE
            self.drop_old(at)
        found = [reading for name, (_kind, kept) in self.kept.items() for reading in kept.readings(name, at, span)]
        own = {"lines": self.lines, "malformed": self.malformed, "refused": self.refused}
        self.lines = self.malformed = self.refused = 0
        return found + [Reading(f"statsd.{name}", count / span, Unit.PER_SECOND) for name, count in own.items()]
