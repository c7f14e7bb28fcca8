"""The forms that values come in: a number, lines, JSON, and the text format of Prometheus."""

from collections.abc import Iterator
from io import StringIO
from math import isfinite
from typing import NamedTuple

import msgspec
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_fd_to_metric_families

from monitor.ingest.names import BadName, canonical

MILLISECONDS = 1e11  # whatever is later than that is not in seconds
COUNTS = ("_total", "_count", "_sum", "_bucket")  # endings of what only grows, where the type says so


class Sample(NamedTuple):
    name: str  # with its labels
    value: float
    counter: bool = False  # only grows
    at: float | None = None  # seconds since 1970, if it was said


class Malformed(Exception):
    """One sentence for whoever sent it, with the number of the line if there are lines."""

    def __init__(self, text: str, line: int = 0) -> None:
        super().__init__(f"Line {line}: {text}" if line else text)


def parse(body: bytes, metric: str = "") -> list[Sample]:
    """``metric`` was named elsewhere, and the body is its number. Raises :class:`Malformed`."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8 text.") from None
    if not text.strip():
        raise Malformed('The body is empty. Send a number, lines of "name value", JSON, or the format of Prometheus.')
    if metric:
        return [one(f"{metric} {text.strip()}", 0)]
    if text.lstrip().startswith("{"):
        return from_json(text)
    if "{" in text or text.lstrip().startswith("#"):
        return list(from_prometheus(text))
    return list(from_lines(text))


def from_lines(text: str) -> Iterator[Sample]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield one(line, number)


def one(line: str, number: int) -> Sample:
    words = line.split()
    if len(words) not in {2, 3}:
        raise Malformed('Expected "name value" or "name value time".', number)
    try:
        name = canonical(words[0])
    except BadName as error:
        raise Malformed(str(error), number) from None
    value, *at = (finite(word, number) for word in words[1:])
    return Sample(name, value, name.endswith("_total"), moment(at[0]) if at else None)


def finite(word: str, line: int) -> float:
    try:
        value = float(word)
    except ValueError:
        raise Malformed(f"{word[:40]!r} is not a number.", line) from None
    if not isfinite(value) or "_" in word:
        raise Malformed(f"{word[:40]!r} is not a number that can be drawn.", line)
    return value


def moment(stamp: float) -> float:
    return stamp / 1000 if stamp > MILLISECONDS else stamp


def from_json(text: str) -> list[Sample]:
    try:
        told = msgspec.json.decode(text, type=dict[str, float])
        return [Sample(canonical(name), value, name.endswith("_total")) for name, value in told.items()]
    except BadName as error:
        raise Malformed(str(error)) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise Malformed(f'Expected JSON like {{"name": 1.5}}: {error}.') from None


class Counted(StringIO):
    """The parser does not tell in which line it choked."""

    number = 0

    def __next__(self) -> str:  # type: ignore[override] # as StringIO itself
        self.number += 1
        return super().__next__()


def from_prometheus(text: str) -> Iterator[Sample]:
    """Values that are not numbers are left out: a quantile of nothing is NaN there."""
    lines = Counted(text)
    try:
        for family in text_fd_to_metric_families(lines):
            yield from samples(family)
    except BadName as error:
        raise Malformed(str(error), lines.number) from None
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise Malformed(f"This is not the text format of Prometheus. {error}".strip(), lines.number) from None


def samples(family: Metric) -> Iterator[Sample]:
    growing = family.type in {"counter", "histogram", "summary"}
    for each in family.samples:
        if not isfinite(each.value) or each.name.endswith("_created"):
            continue
        counter = each.name.endswith(COUNTS if growing else "_total")
        stamp = each.timestamp
        at = moment(float(stamp) * 1000) if stamp is not None else None
        yield Sample(canonical(each.name, each.labels), float(each.value), counter, at)
