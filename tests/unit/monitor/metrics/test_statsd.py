"""What statsd's clients say, and what it comes to."""

from math import isfinite

import pytest

from monitor.metrics.catalogue import MAX_SERIES_PER_SOURCE
from monitor.metrics.ingest.statsd import GAUGE_LIFETIME, OWN_SERIES, SAMPLES, StatsdAggregator


def tally(*lines: str, at: float = 0.0) -> StatsdAggregator:
    found = StatsdAggregator(0.0)
    found.add_lines(lines, at)
    return found


def values(found: StatsdAggregator, at: float = 1.0) -> dict[str, float]:
    return {each.name: each.value for each in found.readings(at) if not each.name.startswith("statsd.")}


def own(found: StatsdAggregator, at: float = 1.0) -> dict[str, float]:
    return {each.name[7:]: each.value for each in found.readings(at) if each.name.startswith("statsd.")}


def test_a_counter_is_its_growth_per_second_and_zero_while_nothing_comes() -> None:
    found = tally("hits:3|c", "hits:1|c|@0.1", "hits:-1|c")
    assert values(found, 2.0) == {"hits": 6}
    assert values(found, 3.0) == {"hits": 0}


def test_a_gauge_stays_until_it_counts_no_more_and_changes_by_a_sign() -> None:
    found = tally("load:4|g", "load:-1.5|g", "load:+1|g")
    assert values(found) == {"load": 3.5}
    assert values(found, GAUGE_LIFETIME) == {"load": 3.5}
    assert values(found, GAUGE_LIFETIME + 1) == {}


def test_a_timer_is_how_long_and_how_often() -> None:
    found = tally(*(f"answer:{number}|ms" for number in range(1, 101)), "answer:50:60|ms|@0.5")
    assert values(found) == {"answer.p50": 0.05, "answer.p95": 0.095, "answer.p99": 0.099, "answer.count": 104}
    assert values(found, 2.0) == {"answer.count": 0}


def test_of_many_times_a_sample_is_kept() -> None:
    found = tally(*(f"answer:{number}|ms" for number in range(5 * SAMPLES)))
    assert values(found)["answer.p50"] == pytest.approx(2.5, abs=0.5)
    assert values(tally(*["a:7|ms"] * 5 * SAMPLES))["a.count"] == 5 * SAMPLES


def test_a_set_is_how_many_different_ones() -> None:
    found = tally("people:ada|s", "people:ben|s", "people:ada|s", "people:a:b|s")
    assert values(found) == {"people": 3}
    assert values(found, 2.0) == {"people": 0}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("users:1|c|#country-code:china", 'users{country-code="china"}'),
        ("users:1|c|#k8s/app:web", 'users{k8s/app="web"}'),
        ("hits:1|c|#tag1:bar,#tag2:baz", 'hits{tag1="bar",tag2="baz"}'),
        ("hits:1|c|#url:http://a,two words:x y,城市:上海", 'hits{"two words"="x y",url="http://a",城市="上海"}'),
        ("hits:1|c|#urgent", 'hits{urgent=""}'),
        ("hits:1|c|#,:x,", "hits"),
        ("5xx.responses:1|c", "5xx.responses"),
        ("App::Worker.run:1|c", "App::Worker.run"),
        ("my  service:1|c", "my_service"),
        ("path/to:1|c", "path-to"),
        ("访问 次数:1|c", "访问_次数"),
        ('odd{x="1"}*:1|c', "oddx1"),
        ("hits:1|c|#a:1|c:ci-abc|T1656581400|card:low", 'hits{a="1"}'),
        ("hits:1|c|@1|#a:1|e:it-false", 'hits{a="1"}'),
    ],
)
def test_names_and_tags_are_taken_as_clients_write_them(line: str, name: str) -> None:
    assert values(tally(line)) == {name: 1}


def test_only_ms_is_a_time() -> None:
    found = tally("body:2048|h", "rows:3|d", "App::Worker.run:23.5|ms")
    readings = {each.name: (each.value, each.unit) for each in found.readings(1.0)}
    assert readings["body.p50"] == (2048, "")
    assert readings["rows.p99"] == (3, "")
    assert readings["App::Worker.run.p95"] == (0.0235, "s")
    assert readings["body.count"] == (1, "/s")


@pytest.mark.parametrize("line", ["_e{5,4}:title|text|t:error|#a:b", "_sc|db|2|m:it is down", "_sc|db|0"])
def test_events_and_service_checks_are_passed_over_in_silence(line: str) -> None:
    assert own(tally(line)) == {"lines": 0, "malformed": 0, "refused": 0}


def test_the_members_of_a_set_take_the_same_room_however_long_they_are() -> None:
    found = tally(*(f"people:{'x' * 60_000}{number}|s" for number in range(50)))
    _kind, kept = found.metrics["people"]
    assert values(found) == {"people": 50}
    assert all(isinstance(member, int) for member in vars(kept)["members"])


def test_the_largest_values_sum_up_to_something_that_can_be_drawn() -> None:
    lines = [line for kind in ("c", "g", "ms") for line in (f"a.{kind}:+1e300|{kind}|@0.000001",) * 3]
    assert all(isfinite(value) for value in values(tally(*lines)).values())


def test_labels_are_part_of_the_name() -> None:
    found = tally("hits:1|c|#z:1,a:2", "hits:1|c|#a:2,z:1", "answer:8|ms|#a:2")
    assert values(found)['hits{a="2",z="1"}'] == 2
    assert values(tally("answer:8|ms|#a:2"))['answer.p50{a="2"}'] == 0.008


@pytest.mark.parametrize(
    "line",
    [
        *("", "a", "a:1", "a:|c", "a:1|x", ":1|c", "a:one|c", "a:nan|g", "a:1|c|@0", "a:1|c|@2", "a:1:x|ms"),
        *("a:1|c|@1e-9", "!:1|c", "a:1_0|c", "a:1e301|g", f"{'x' * 2_046}:1|ms"),
    ],
)
def test_what_is_malformed_is_counted_and_forgotten(line: str) -> None:
    found = tally(line, "good:1|c")
    assert own(found) == {"lines": 1 + bool(line), "malformed": int(bool(line)), "refused": 0}
    assert list(found.metrics) == ["good"]


def test_beyond_the_limit_series_are_refused_and_counted() -> None:
    found = tally(*(f"c{number}:1|c" for number in range(MAX_SERIES_PER_SOURCE)), "timer:1|ms", "c0:1|c")
    assert own(found)["refused"] == OWN_SERIES + 1
    assert len(values(found)) == MAX_SERIES_PER_SOURCE - OWN_SERIES


def test_a_name_is_of_one_kind() -> None:
    found = tally("a:1|c", "a:2|g")
    assert own(found)["refused"] == 1


def test_names_that_nobody_says_any_more_make_room_after_a_day() -> None:
    found = tally("timer:1|ms", *(f"c{number}:1|c" for number in range(MAX_SERIES_PER_SOURCE - OWN_SERIES - 4)))
    found.add_lines(["new:1|c"], 86_000.0)
    assert "new" not in found.metrics
    found.add_lines(["c0:1|c"], 86_000.0)
    found.add_lines(["new:1|c"], 86_500.0)
    assert set(found.metrics) == {"c0", "new"}
    assert {"timer.p50", "timer.count", "c1"} <= set(found.dropped)


@pytest.mark.parametrize("kind", ["ms", "h", "d"])
def test_all_series_of_what_is_said_no_more_end_together(kind: str) -> None:
    found = tally(f"answer:8|{kind}|#a:2")
    found.readings(86_500.0)
    assert found.dropped == [f'answer.{ending}{{a="2"}}' for ending in ("p50", "p95", "p99", "count")]
    assert found.series == OWN_SERIES


def test_a_counter_that_nobody_says_any_more_ends_after_a_day() -> None:
    found = tally("hits:1|c")
    assert values(found, 86_000.0) == {"hits": 1 / 86_000}
    assert values(found, 86_500.0) == {}
    assert found.dropped == ["hits"]
