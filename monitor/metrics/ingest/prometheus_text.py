"""Parses lines with a name and a value: plain ones, the Prometheus text format up to version 3, and OpenMetrics.

One grammar parses them all. Invalid lines are skipped and counted; see docs/decisions/0012.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from math import isfinite
from typing import NamedTuple

from monitor.metrics.ingest.names import (
    BadName,
    format_series_name,
    parse_labels,
    quote_series_name,
    shorten_series_name,
    unescape_value,
)
from monitor.metrics.ingest.refusals import Refusals

MAX_LINES = 50_000  # of a body; more are not read
MILLISECONDS = 1e11  # larger times are not in seconds
LARGEST = 1e300  # of a value, so that sums and rates stay finite
UNWANTED_NAMES = 3  # that are kept
INVALID_UTF8 = re.compile("[\ud800-\udfff]")  # invalid UTF-8 bytes, as ``surrogateescape`` marks them
LINE = re.compile(
    r'(?P<name>[^\s{}"#]++(?=\s*\{|\s))?\s*'
    r'(?:\{(?P<labels>(?:[^"{}]|"(?:[^"\\]|\\.)*+")*+)\}\s*)?'
    r'(?P<value>[^\s#{}"]++)(?:\s+(?P<at>[^\s#]++))?(?:\s+#.*)?'  # behind # an exemplar follows the #
)
TYPE = re.compile(r'#\s*TYPE\s+(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<plain>\S++))\s+(?P<type>\w+)')
SUFFIXES = {
    "counter": {"total", "created"},
    "histogram": {"bucket", "count", "sum", "created"},
    "summary": {"count", "sum", "created"},
    "gaugehistogram": {"bucket", "gcount", "gsum"},
    "info": {"info"},
}
GROWING = {"counter": {"", "total"}, "histogram": {"bucket", "count", "sum"}, "summary": {"count", "sum"}}
UNTYPED = {"", "untyped", "unknown"}


class Sample(NamedTuple):
    name: str  # with its labels
    value: float
    counter: bool = False  # a counter
    at: float | None = None  # seconds since 1970, if the line has a time


class Unreadable(ValueError):
    """A line that is skipped. The text is a sentence for users."""


def guess_counter(name: str) -> bool:
    """Guess from the name, if the type is unknown."""
    return name.endswith("_total")


def parse_sample_value(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        raise Unreadable(f"{word[:40]!r} is not a number.") from None
    if "_" in word or not isfinite(value) or abs(value) > LARGEST:
        raise Unreadable(f"{word[:40]!r} is not a finite number.")
    return value


def read_time(word: str) -> float:
    """Return seconds. Milliseconds, microseconds and nanoseconds are detected by their size."""
    stamp = parse_sample_value(word)
    for _unit in range(3):
        stamp = stamp / 1000 if stamp > MILLISECONDS else stamp
    return stamp


class TextReader:
    """``wants`` selects names; the others are counted as ``unwanted`` and not parsed.

    ``labels`` are set on each sample and replace its own.
    """

    def __init__(
        self,
        refusals: Refusals,
        wants: Callable[[str], bool] | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        self.refusals, self.wants, self.labels = refusals, wants, labels
        self.types: dict[str, str] = {}
        self.unwanted, self.unwanted_names = 0, list[str]()

    def read(self, text: str) -> Iterator[Sample]:
        """Only a newline ends a line, since labels may contain other line separators."""
        lines = text.split("\n")
        for number, line in enumerate(map(str.strip, lines[:MAX_LINES]), 1):
            if line.startswith("#"):
                self.read_comment(line)
            elif line:
                try:
                    yield from self.read_line(line)
                except (Unreadable, BadName) as error:
                    self.refusals.add(str(error), number)
        if len(lines) > MAX_LINES:
            self.refusals.add(f"Only the first {MAX_LINES} lines are read.", count=len(lines) - MAX_LINES)

    def read_comment(self, line: str) -> None:
        declaration = TYPE.match(line)
        if declaration:
            name = declaration["plain"] if declaration["quoted"] is None else unescape_value(declaration["quoted"])
            self.types[name] = declaration["type"].lower()

    def read_line(self, line: str) -> Iterator[Sample]:
        if not line.isascii() and INVALID_UTF8.search(line):
            raise Unreadable("The text is not valid UTF-8.")
        parts = LINE.fullmatch(line)
        if parts is None or (parts["name"] is None and parts["labels"] is None):
            raise Unreadable('Expected "name value", "name value time", or the format of Prometheus.')
        name, labels = read_name(parts["name"] or "", parts["labels"] or "")
        if self.labels:
            labels |= self.labels
        if self.wants and not self.wants(name):
            self.note_unwanted(name)
            return
        family, ending = self.find_family(name)
        if ending == "created":  # the start time, which is not a value
            return
        is_counter = guess_counter(name) if family in UNTYPED else ending in GROWING.get(family, ())
        try:
            yield Sample(
                format_series_name(name, labels),
                parse_sample_value(parts["value"]),
                is_counter,
                read_optional_time(parts["at"]),
            )
        except Unreadable as error:
            raise Unreadable(f"{str(error).rstrip('.')}: {name[:60]}.") from None

    def note_unwanted(self, name: str) -> None:
        self.unwanted += 1
        if len(self.unwanted_names) < UNWANTED_NAMES and shorten_series_name(name) not in self.unwanted_names:
            self.unwanted_names.append(shorten_series_name(name))

    def find_family(self, name: str) -> tuple[str, str]:
        """Return the declared type and the suffix of the name after the family's name."""
        type_name = self.types.get(name, "")
        if type_name not in UNTYPED:
            return type_name, ""
        base, _underscore, ending = name.rpartition("_")
        type_name = self.types.get(base, "")
        if ending in SUFFIXES.get(type_name, ()):
            return type_name, ending
        is_start_time = ending == "created" and self.types.get(f"{base}_total") == "counter"
        return ("counter", ending) if is_start_time else ("", "")


def read_name(name: str, labels_text: str) -> tuple[str, dict[str, str]]:
    """The name stands before the labels, or quoted among them. Empty labels are dropped."""
    quoted, labels = parse_labels(labels_text) if labels_text else ("", {})
    if name and (quoted or not is_plain(name)):
        raise Unreadable(f"{name[:60]!r} is not a valid name: use letters, digits and _ . : / - @, or all in quotes.")
    name = name or quoted or labels.pop("__name__", "")
    return name, {label: value for label, value in labels.items() if value}


@lru_cache(maxsize=4_096)
def is_plain(name: str) -> bool:
    """Whether the name may stand before the labels without quotes. Cached, since responses repeat names."""
    return quote_series_name(name) == name and not is_float_text(name)


def is_float_text(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def read_optional_time(word: str | None) -> float | None:
    return None if word is None else read_time(word)
