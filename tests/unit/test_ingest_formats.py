"""What programs send, in every form that is understood, and the sentence for what is not."""

import pytest

from monitor.ingest.counters import Counters
from monitor.ingest.formats import Malformed, Sample, parse
from monitor.ingest.names import LONGEST, BadName, canonical, unit

PROMETHEUS = b"""# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1700000000000
http_requests_total{code="400",method="post"} 3
# TYPE load gauge
load 0.5
# TYPE answer_seconds histogram
answer_seconds_bucket{le="0.1"} 5
answer_seconds_bucket{le="+Inf"} 9
answer_seconds_sum 1.5
answer_seconds_count 9
# TYPE wait_seconds summary
wait_seconds{quantile="0.5"} NaN
wait_seconds{quantile="0.9"} 0.25
"""


def test_a_number_is_the_value_of_the_metric_in_the_path() -> None:
    assert parse(b"42\n", "backup.size") == [Sample("backup.size", 42.0)]
    assert parse(b"42 1700000000", "backup.size") == [Sample("backup.size", 42.0, at=1_700_000_000)]


def test_lines_have_a_name_a_value_and_perhaps_a_time() -> None:
    assert parse(b"a.b 1\n\nc-d 2.5e3 1700000000\r\ne_total 7 1700000000500\n") == [
        Sample("a.b", 1.0),
        Sample("c-d", 2500.0, at=1_700_000_000),
        Sample("e_total", 7.0, counter=True, at=1_700_000_000.5),
    ]


def test_json_is_names_and_numbers() -> None:
    assert parse(b' {"a": 1, "b_total": 2.5}') == [Sample("a", 1.0), Sample("b_total", 2.5, counter=True)]


def test_what_prometheus_calls_counters_only_grows_and_the_rest_is_as_it_is() -> None:
    assert parse(PROMETHEUS) == [
        Sample('http_requests_total{code="200",method="post"}', 1027.0, counter=True, at=1_700_000_000),
        Sample('http_requests_total{code="400",method="post"}', 3.0, counter=True),
        Sample("load", 0.5),
        Sample('answer_seconds_bucket{le="0.1"}', 5.0, counter=True),
        Sample('answer_seconds_bucket{le="+Inf"}', 9.0, counter=True),
        Sample("answer_seconds_sum", 1.5, counter=True),
        Sample("answer_seconds_count", 9.0, counter=True),
        Sample('wait_seconds{quantile="0.9"}', 0.25),
    ]


@pytest.mark.parametrize(
    ("body", "metric", "words"),
    [
        (b"", "", "empty"),
        (b"\xff", "", "UTF-8"),
        (b"42", "", "Line 1: Expected"),
        (b"a 1\nb\n", "", "Line 2: Expected"),
        (b"a 1\n\nb much\n", "", "Line 3: 'much' is not a number"),
        (b"a nan", "", "Line 1: 'nan' is not a number that can be drawn"),
        (b"a 1_0", "", "Line 1: '1_0'"),
        (b"1e999", "a", "'1e999'"),
        (b"2a 1", "", "Line 1: '2a' is no name"),
        (b"many words here", "a", "Expected"),
        (b'{"a": "1"}', "", "Expected JSON"),
        (b'{"a": true}', "", "Expected JSON"),
        (b'{"a": {"b": 1}}', "", "Expected JSON"),
        (b'{"a": 1e999}', "", "Expected JSON"),
        (b'{"a b": 1}', "", "'a b' is no name"),
        (b"{" * 100_000, "", "Expected JSON"),
        (b'a{b="1"} 1\nc{b="1" 2\n', "", "Line 2: This is not the text format of Prometheus"),
        (b'a{b="1"} much\n', "", "Line 1: This is not the text format of Prometheus"),
        (b'a{b="\x01"} 1\n', "", "cannot be printed"),
        (b'a{b="' + b"x" * LONGEST + b'"} 1\n', "", "longer than"),
    ],
)
def test_what_is_not_understood_gets_one_sentence_with_the_line(body: bytes, metric: str, words: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse(body, metric)
    assert words in str(refused.value)


def test_labels_stand_in_the_order_of_their_names() -> None:
    assert canonical("a", {"z": "1", "b": 'say "no"\\'}) == r'a{b="say \"no\"\\",z="1"}'
    with pytest.raises(BadName):
        canonical("a", {"b c": "1"})


@pytest.mark.parametrize(
    ("name", "counter", "expected"),
    [
        ("load", False, ""),
        ("memory_bytes", False, "B"),
        ('sent_bytes_total{card="0"}', True, "B/s"),
        ("requests_total", True, "/s"),
        ("answer_seconds", False, "s"),
    ],
)
def test_the_unit_is_in_the_name(name: str, counter: bool, expected: str) -> None:
    assert unit(name, counter) == expected


def test_growth_is_held_until_the_next_total_and_a_fall_is_a_new_beginning() -> None:
    counters = Counters()
    told = [
        counters.readings("a_total", total, at, True) for total, at in ((10, 1), (10, 1), (30, 11), (30, 11), (5, 21))
    ]
    assert [[each.value for each in readings] for readings in told] == [[], [], [2.0], [2.0], []]
