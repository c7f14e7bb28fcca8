"""What programs send, in every form that is understood; what is not is left out, counted, and said."""

import codecs
import json

import pytest

from monitor.metrics.ingest.counters import Counters
from monitor.metrics.ingest.formats import Parsed, parse_pushed_values
from monitor.metrics.ingest.names import (
    MAX_NAME_BYTES,
    BadName,
    format_series_name,
    guess_unit,
    quote_series_name,
    shorten_series_name,
    split_series,
)
from monitor.metrics.ingest.prometheus_text import MAX_LINES, Sample
from monitor.metrics.ingest.refusals import EXAMPLES

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


def taken(body: str | bytes, metric: str = "") -> list[Sample]:
    """Of a body that is understood to its end."""
    parsed = parse_pushed_values(body.encode() if isinstance(body, str) else body, metric)
    assert parsed.refusals.examples == []
    return parsed.samples


def values(parsed: Parsed) -> dict[str, float]:
    return {sample.name: sample.value for sample in parsed.samples}


def test_a_number_is_the_value_of_the_metric_in_the_path() -> None:
    assert taken("42\n", "backup.size") == [Sample("backup.size", 42.0)]
    assert taken("42 1700000000", "backup.size") == [Sample("backup.size", 42.0, at=1_700_000_000)]
    assert taken("42", "备份 大小") == [Sample('{"备份 大小"}', 42.0)]
    assert taken("42", 'load{cpu="0"}') == [Sample('load{cpu="0"}', 42.0)]


def test_lines_have_a_name_a_value_and_perhaps_a_time() -> None:
    assert taken("a.b 1\n\nc-d 2.5e3 1700000000\r\ne_total 7 1700000000500\n") == [
        Sample("a.b", 1.0),
        Sample("c-d", 2500.0, at=1_700_000_000),
        Sample("e_total", 7.0, counter=True, at=1_700_000_000.5),
    ]


@pytest.mark.parametrize("stamp", ["1700000000", "1700000000000", "1700000000000000", "1.7e18"])
def test_times_in_seconds_and_in_their_thousandths_are_the_same(stamp: str) -> None:
    assert taken(f"a 1 {stamp}")[0].at == 1_700_000_000


def test_json_is_names_and_numbers() -> None:
    assert taken(' {"a": 1, "b_total": 2.5}') == [Sample("a", 1.0), Sample("b_total", 2.5, counter=True)]
    assert taken('{"load{cpu=\\"0\\"}": 1, "two words": 2}') == [Sample('load{cpu="0"}', 1), Sample('{"two words"}', 2)]


def test_what_prometheus_calls_counters_only_grows_and_the_rest_is_as_it_is() -> None:
    assert parse_pushed_values(PROMETHEUS).samples == [
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
        (b" \n", "", "empty"),
        (codecs.BOM_UTF8, "", "empty"),
        (b"\xff", "", "Line 1: The text is not valid UTF-8"),
        (b"a\xff 1", "", "Line 1: The text is not valid UTF-8"),
        (b"42", "", "Line 1: Expected"),
        (b"42 1700000000", "", "Line 1: '42' is not a valid name"),
        (b"a nan", "", "Line 1: 'nan' is not a finite number: a."),
        (b"a 1_0", "", "Line 1: '1_0'"),
        (b"1e999", "a", "'1e999'"),
        (b"<p>some 1", "", "Line 1: '<p>some' is not a valid name"),
        (b"many words here", "a", "Expected"),
        (b"1\n2", "a", "Expected"),
        (b"[1]", "", "Expected"),
        (b'{"a": "1"}', "", "Expected JSON"),
        (b'{"a": true}', "", "Expected JSON"),
        (b'{"a": {"b": 1}}', "", "Expected JSON"),
        (b'{"a": 1e999}', "", "Expected JSON"),
        (b'{"": 1}', "", "A name is missing"),
        (b"{" * 100_000, "", "Expected JSON"),
        (b'{"a":' * 50_000, "", "Expected JSON"),
        (b'c{b="1" 2\n', "", "Line 1: Expected"),
        (b'c{b="1",b="2"} 2\n', "", "Line 1: The label 'b' is given twice"),
        (b'c{"d",b="2"} 2\n', "", "Line 1: 'c' is not a valid name"),
        (b"c{b} 2\n", "", "Line 1: The label 'b' has no value"),
        (b'{b="2"} 2\n', "", "Line 1: A name is missing"),
        (b'a{b="1"} much\n', "", "Line 1: 'much' is not a number: a."),
        (b'a{b="' + b"x" * MAX_NAME_BYTES + b'"} 1\n', "", "longer than"),
    ],
)
def test_what_is_not_understood_gets_one_sentence_with_the_line(body: bytes, metric: str, words: str) -> None:
    parsed = parse_pushed_values(body, metric)
    assert (parsed.samples, parsed.refusals.count) == ([], 1)
    assert words in parsed.refusals.examples[0]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("a 1\nb\nc 3", ["a", "c"]),
        ("a 1\nb nan\nc 3\nd +Inf", ["a", "c"]),
        ('{"a": 1, "b": NaN, "c": 3, "d": Infinity, "e": null, "f": [1], "g": 1e400}', ["a", "c"]),
        ('a{x="1"} 1\nb{x="1" 2\nc 3 soon\nd{x=1} 4\ne{y="1"} 5', ['a{x="1"}', 'e{y="1"}']),
        ("a 1\nb\0 2\nc 3", ["a", "c"]),
        ("a 1 2 3 4\nb 1e301\nc 3", ["c"]),
    ],
)
def test_one_bad_line_leaves_out_no_other(body: str, kept: list[str]) -> None:
    parsed = parse_pushed_values(body.encode())
    assert [sample.name for sample in parsed.samples] == kept
    lines = len(json.loads(body)) if body.startswith("{") else body.count("\n") + 1
    assert parsed.refusals.count == lines - len(kept)


def test_few_examples_are_kept_of_many_refusals() -> None:
    parsed = parse_pushed_values(b"bad\n" * 1_000)
    assert (parsed.refusals.count, len(parsed.refusals.examples)) == (1_000, EXAMPLES)


def test_beyond_so_many_lines_nothing_is_looked_at_and_that_is_said() -> None:
    parsed = parse_pushed_values(b"a 1\n" * (MAX_LINES + 10))
    assert (len(parsed.samples), parsed.refusals.count) == (MAX_LINES, 10)
    assert "Only the first" in parsed.refusals.examples[0]


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, b""])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("body", ["# TYPE queue gauge\nqueue 3\n", '{"queue":\n3}', "queue 3", '{"queue"} 3\n'])
def test_a_byte_order_mark_and_any_end_of_lines_change_nothing(mark: bytes, ending: str, body: str) -> None:
    assert taken(mark + body.replace("\n", ending).encode()) == [Sample("queue", 3)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_known_by_its_mark(encoding: str) -> None:
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
    assert taken(mark + 'x{room="上海"} 1'.encode(encoding)) == [Sample('x{room="上海"}', 1)]


def test_what_is_no_utf_8_is_read_as_its_sender_says_and_else_left_out() -> None:
    body = 'x{room="上海"} 1\ny 2'
    assert values(parse_pushed_values(body.encode("gbk"), charset="GBK")) == {'x{room="上海"}': 1, "y": 2}
    assert values(parse_pushed_values(body.encode(), charset="gbk")) == {'x{room="上海"}': 1, "y": 2}
    assert values(parse_pushed_values(body.encode("gbk"))) == {"y": 2}
    assert values(parse_pushed_values(body.encode("gbk"), charset="zlib")) == {"y": 2}


def test_a_sample_may_stand_before_the_first_comment() -> None:
    assert taken("backup_size_bytes 3\n# TYPE backup_age gauge\nbackup_age 4") == [
        Sample("backup_size_bytes", 3),
        Sample("backup_age", 4),
    ]


def test_quoted_names_of_prometheus_3_are_read() -> None:
    assert taken('{"room.temp",place="attic"} 21') == [Sample('room.temp{place="attic"}', 21)]
    assert taken('# TYPE "my.total" counter\n{"my.total", "the label" = "1" , } 5 # {x="}"} 1') == [
        Sample('my.total{"the label"="1"}', 5, counter=True)
    ]
    assert taken('{"with \\"quotes\\" and }"} 1') == [Sample('{"with \\"quotes\\" and }"}', 1)]
    assert taken('{__name__="plain",a="b"} 1') == [Sample('plain{a="b"}', 1)]


@pytest.mark.parametrize(
    "value",
    [
        "上海　机房",
        "tab\there",
        "👩‍💻",
        "\u202eright",
        "\x00\x07",
        'a\\b\\n\nc"d',
        "{x}",
        "}",
        ",",
        "=",
        "#",
        " # ",
        "\u2028",
        "\x85",
        "\ufeff",
        "€\xa0",
    ],
)
def test_any_text_is_the_value_of_a_label_and_is_printable_in_the_name(value: str) -> None:
    sent = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    [sample] = taken(f'room_temp{{place="{sent}",x="1"}} 21')
    assert split_series(sample.name) == ("room_temp", {"place": value, "x": "1"})
    assert all(character.isprintable() or character in "\u3000\xa0\u200d" for character in sample.name)


def test_labels_of_many_hundred_characters_are_taken() -> None:
    labels = ",".join(f'label_{number}="{"x" * 60}"' for number in range(20))
    assert len(taken(f"board_info{{{labels}}} 1")[0].name) > 1_000


def test_the_type_that_was_said_wins_over_the_name() -> None:
    assert taken("# TYPE handles_total gauge\nhandles_total 7\ndisk_total 500\n# TYPE grown counter\ngrown 3") == [
        Sample("handles_total", 7),
        Sample("disk_total", 500, counter=True),
        Sample("grown", 3, counter=True),
    ]
    assert taken("# TYPE a_bucket gauge\n# TYPE a histogram\na_bucket 1\na_count 2") == [
        Sample("a_bucket", 1),
        Sample("a_count", 2, counter=True),
    ]


def test_what_is_called_created_stays_unless_it_tells_when_a_total_began() -> None:
    assert taken('# TYPE pod_created gauge\npod_created{pod="a"} 1790000000\nx_created 5') == [
        Sample('pod_created{pod="a"}', 1_790_000_000),
        Sample("x_created", 5),
    ]
    assert taken("# TYPE x_total counter\nx_total 5\nx_created 1790000000")[1:] == []
    assert taken("# TYPE x histogram\nx_created 1790000000") == []


OPENMETRICS = """# TYPE requests counter
# UNIT requests requests
# HELP requests How many.
requests_total{path="/"} 17 1700000000.5 # {trace_id="a b # }"} 0.5 1700000000
requests_created{path="/"} 1600000000
# TYPE answer_seconds histogram
# UNIT answer_seconds seconds
answer_seconds_bucket{le="0.1"} 5 # {} 0.05
answer_seconds_bucket{le="+Inf"} 9
answer_seconds_count 9
answer_seconds_sum 1.5
# TYPE queue gaugehistogram
queue_bucket{le="+Inf"} 4
queue_gcount 4
queue_gsum 8
# TYPE build info
build_info{version="1.2"} 1
# TYPE door stateset
door{door="open"} 1
door{door="shut"} 0
# TYPE odd unknown
odd 3
# TYPE strange frobnicated
strange 4
# TYPE native histogram
native {count:12,sum:1} 5
# EOF
"""


def test_openmetrics_is_read_whole() -> None:
    parsed = parse_pushed_values(OPENMETRICS.encode())
    assert parsed.samples == [
        Sample('requests_total{path="/"}', 17, counter=True, at=1_700_000_000.5),
        Sample('answer_seconds_bucket{le="0.1"}', 5, counter=True),
        Sample('answer_seconds_bucket{le="+Inf"}', 9, counter=True),
        Sample("answer_seconds_count", 9, counter=True),
        Sample("answer_seconds_sum", 1.5, counter=True),
        Sample('queue_bucket{le="+Inf"}', 4),
        Sample("queue_gcount", 4),
        Sample("queue_gsum", 8),
        Sample('build_info{version="1.2"}', 1),
        Sample('door{door="open"}', 1),
        Sample('door{door="shut"}', 0),
        Sample("odd", 3),
        Sample("strange", 4),
    ]
    assert parsed.refusals.count == 1


def test_labels_stand_in_the_order_of_their_names() -> None:
    assert format_series_name("a", {"z": "1", "b": 'say "no"\\'}) == r'a{b="say \"no\"\\",z="1"}'
    assert format_series_name("a", {"b c": "1"}) == 'a{"b c"="1"}'
    assert taken('a{z="1",b="2"} 1') == taken('a{b="2",z="1",empty=""} 1')
    with pytest.raises(BadName):
        format_series_name("")


@pytest.mark.parametrize("series", ["disk.full /", "plain", '{"a b",c="d"}', '{"a b"}', 'x{"a b"="\\u202e"}'])
def test_a_series_is_split_as_it_was_made(series: str) -> None:
    assert format_series_name(*split_series(series)) == (series if series != "disk.full /" else '{"disk.full /"}')


@pytest.mark.parametrize("series", ["disk.full /a{b}", "}{", "a{", 'a{b="1"', "{}", "a{}b", "disk.full /{x=1}"])
def test_what_only_looks_like_labels_is_a_name(series: str) -> None:
    assert split_series(series) == (series, {})


def test_long_names_are_shortened_for_pages_by_their_labels() -> None:
    series = format_series_name("node_dmi_info", {"bios": "x" * 300})
    assert shorten_series_name(series).startswith('node_dmi_info{bios="xxx')
    assert shorten_series_name(series).endswith("x…}")
    assert len(shorten_series_name(series)) <= 120
    assert shorten_series_name("load") == quote_series_name("load") == "load"


@pytest.mark.parametrize(
    ("name", "counter", "expected"),
    [
        ("load", False, ""),
        ("memory_bytes", False, "B"),
        ('sent_bytes_total{card="0"}', True, "B/s"),
        ("sent_bytes_sum", True, "B/s"),
        ("sent_bytes_count", True, "/s"),
        ("requests_total", True, "/s"),
        ("answer_seconds", False, "s"),
        ('{"my answer_seconds",a="1"}', False, "s"),
    ],
)
def test_the_unit_is_in_the_name(name: str, counter: bool, expected: str) -> None:
    assert guess_unit(name, counter) == expected


def test_growth_is_held_until_the_next_total_and_a_fall_is_a_new_beginning() -> None:
    counters = Counters()
    told = [
        counters.readings("a_total", total, at, True) for total, at in ((10, 1), (10, 1), (30, 11), (30, 11), (5, 21))
    ]
    assert [[each.value for each in readings] for readings in told] == [[], [], [2.0], [2.0], []]
