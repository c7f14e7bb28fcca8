"""No body, whatever is in it, ends a parser otherwise than by samples and refusals, in time."""

import contextlib
import time
import tracemalloc
from collections.abc import Callable
from math import isfinite

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.metrics.ingest.api import ApiError
from monitor.metrics.ingest.compression import BadGzip, TooLarge, UnknownEncoding, decompress_limited
from monitor.metrics.ingest.formats import parse_pushed_values
from monitor.metrics.ingest.names import MAX_NAME_BYTES, BadName, format_series_name, split_series
from monitor.metrics.ingest.pushgateway import read_group
from monitor.metrics.ingest.statsd import StatsdAggregator
from monitor.metrics.openmetrics import MetricFamilies

SIZE, MEMORY = 256 * 1024, 64 * 1024 * 1024
SHORT = 0.005  # seconds; what takes less is measured too coarsely to be compared
PIECES = [
    *("a", "b_total", "1", "-2.5e3", "NaN", "{", "}", '"', "\\", ",", "=", " ", "\t", "\n", "\r\n", "#", " # ", ":"),
    *("# TYPE a counter\n", "# TYPE a ", "# EOF", '{"a"', 'a{b="', '"} 1', "le=", "c|", "ms|@0.1", "|#x:y", "_e{"),
    *("\0", "\ufeff", "\u3000", "\u2028", "👩\u200d💻", "\u202e", "\xff", "9" * 400, "1e999", "[", "null", "__name__"),
    *("_sc|", "|"),
]
text = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=60).map("".join)
names = st.text(min_size=1, max_size=8)
labels_of_any_kind = st.dictionaries(st.text(min_size=1, max_size=4), st.text(max_size=8), max_size=4)
groups = st.sampled_from(["job", "a@base64", "=", "5LiK5rW3", "x", "job@base64", ""]) | st.text(max_size=8)
body = text.map(str.encode) | st.binary(max_size=400)


@given(body, st.sampled_from(["", "a", "备份", 'x{y="z"}']), st.sampled_from(["", "gbk", "utf-16", "rot13"]))
@settings(max_examples=400)
@example(b'{"a" 1', "", "")
@example(b'{"":1}', "", "")
def test_every_body_ends_in_samples_that_can_be_drawn_and_in_refusals(body: bytes, metric: str, charset: str) -> None:
    parsed = parse_pushed_values(body, metric, charset)
    for sample in parsed.samples:
        assert isfinite(sample.value)
        assert sample.at is None or isfinite(sample.at)
        assert 0 < len(sample.name.encode()) <= MAX_NAME_BYTES
        assert format_series_name(*split_series(sample.name)) == sample.name
    assert all(len(reason) < 300 and reason.isprintable() for reason in parsed.refusals.examples)


@given(names, labels_of_any_kind)
@settings(max_examples=400)
def test_any_name_and_labels_come_back_from_the_series(name: str, labels: dict[str, str]) -> None:
    assert split_series(format_series_name(name, labels)) == (name, labels)


@given(st.lists(st.tuples(names, labels_of_any_kind), max_size=8))
@settings(max_examples=200)
def test_the_page_for_prometheus_has_each_series_whatever_there_is(found: list[tuple[str, dict[str, str]]]) -> None:
    series = {format_series_name(name, labels) for name, labels in found}
    families = MetricFamilies()
    for name in sorted(series):
        families.add_series("push-a", name, "", 1.0)
    reread = parse_pushed_values(families.text(as_openmetrics=True).encode())
    assert reread.refusals.count == 0
    assert len({sample.name for sample in reread.samples}) == len(series)


@given(text)
@settings(max_examples=400)
def test_every_line_to_statsd_ends_in_readings(line: str) -> None:
    tally = StatsdAggregator(0.0)
    tally.add_lines(line.split("\n"), 0.0)
    assert all(isfinite(reading.value) for reading in tally.readings(1.0))


@given(st.lists(groups).map("/".join))
def test_every_path_of_a_pushgateway_is_labels_or_a_refusal(group: str) -> None:
    with contextlib.suppress(ApiError):
        assert all(isinstance(value, str) for value in read_group(group).values())


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "", "gzip,gzip", "identity"]))
def test_every_compressed_body_is_inflated_or_refused(sent: bytes, encoding: str) -> None:
    with contextlib.suppress(BadGzip, TooLarge, UnknownEncoding):
        assert len(decompress_limited(sent, encoding, 1_000)) <= 1_000


def repeat(piece: str) -> bytes:
    return (piece * (SIZE // len(piece.encode())))[:SIZE].encode()


LONG = [
    *("a 1\n", "x\n", "\\", '"', "{", "a{", 'a{b="1",', '\\"', "#", " ", "# TYPE ", "\n", 'a{b="', '{"a":', '"a":1,'),
    *("9", "a:1|c\n", "a:", ":1", "a:1:2:3:4|ms\n", "#a:b,", "|", "a/b/", "\0", "{}", "a{} ", "a 1 # {", "1e9 ", "["),
    "\u202e",
]
WAYS: dict[str, Callable[[bytes], object]] = {
    "lines": parse_pushed_values,
    "labels": lambda found: parse_pushed_values(b'a{b="' + found + b'"} 1'),
    "names": lambda found: parse_pushed_values(b"a{" + found),
    "json": lambda found: parse_pushed_values(b'{"a":1,' + found),
    "name": lambda found: parse_pushed_values(b'{"' + found),
    "type": lambda found: parse_pushed_values(b"# TYPE " + found + b"\n" + found),
    "path": lambda found: parse_pushed_values(found, "metric"),
    "statsd": lambda found: StatsdAggregator(0.0).add_lines(found[:65_536].decode(errors="replace").split("\n"), 0.0),
    "statsd tags": lambda found: StatsdAggregator(0.0).add_lines(
        [f"a:1|c|#{found[:65_000].decode(errors='replace')}"], 0.0
    ),
}


def measure(way: str, found: bytes) -> float:
    began = time.process_time()
    WAYS[way](found)
    return time.process_time() - began


@pytest.mark.parametrize("piece", LONG)
@pytest.mark.parametrize("way", WAYS)
def test_the_time_to_parse_anything_grows_as_its_size_and_no_faster(way: str, piece: str) -> None:
    """Eight times the size may take three times eight as long; what grows as the square takes 64 times."""
    whole = repeat(piece)
    part = min(measure(way, whole[: SIZE // 8]) for _ in range(3))
    assert min(measure(way, whole) for _ in range(2)) < 24 * max(part, SHORT)


@pytest.mark.parametrize("piece", ["a 1\n", "x\n", '"a":1,', "\u202e"])
def test_what_is_parsed_takes_a_bounded_room(piece: str) -> None:
    found = repeat(piece)
    tracemalloc.start()
    try:
        parse_pushed_values(found)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def test_a_group_of_labels_too_long_for_a_name_is_refused_with_each_value() -> None:
    with pytest.raises(BadName):
        format_series_name("a", {"job": "x" * MAX_NAME_BYTES})
