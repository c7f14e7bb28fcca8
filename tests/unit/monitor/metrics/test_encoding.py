"""Numbers come out of their few bytes exactly as they went in."""

import random
from math import isnan, nan

from hypothesis import given
from hypothesis import strategies as st

from monitor.metrics.readings import round_reading
from monitor.metrics.store.encoding import decode_mask, decode_numbers, encode_mask, encode_numbers
from monitor.metrics.store.retention import Fold, Sums, decode_points, decode_sums, encode_points, encode_sums

readings = st.floats(-1e15, 1e15, allow_nan=False).map(round_reading)
anything = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.one_of(readings, st.sampled_from([0.0, 1.0, 0.1, 12.5])), max_size=300))
def test_readings_come_back(values: list[float]) -> None:
    assert decode_numbers(encode_numbers(values))[0] == values


@given(st.lists(anything, max_size=300))
def test_any_numbers_come_back(values: list[float]) -> None:
    assert decode_numbers(encode_numbers(values))[0] == values


@given(st.sets(st.integers(0, 299)))
def test_places_come_back(found: set[int]) -> None:
    assert [*decode_mask(encode_mask(found))] == sorted(found)


@given(st.lists(st.one_of(readings, st.just(nan)), min_size=1, max_size=300), st.integers(1, 10))
def test_a_chunk_knows_what_was_asked_and_what_was_answered(column: list[float], every: int) -> None:
    offsets = list(range(0, 300, every))[: len(column)]
    column = column[: len(offsets)]
    body = encode_points(offsets, column)
    known = [(900 + offset, value) for offset, value in zip(offsets, column, strict=True) if not isnan(value)]
    if not known:
        assert body is None
    else:
        assert body
        found = decode_points(900, body)
        assert [*found.ticks] == [900 + offset for offset in offsets]
        assert list(zip(found.t, found.values, strict=True)) == known


def test_what_a_machine_measures_takes_less_than_three_bytes_a_value() -> None:
    rand = random.Random(1)
    kinds = [
        [round(max(0.0, 20 + rand.gauss(0, 6)), 1) for _ in range(300)],
        [round_reading(rand.lognormvariate(10, 1.5)) for _ in range(300)],
        [round_reading(9.1e9 + rand.gauss(0, 2e6)) for _ in range(300)],
        [float(rand.randint(30, 36)) for _ in range(300)],
    ]
    bodies = [encode_points(range(300), column) for column in kinds]
    assert sum(len(body or b"") for body in bodies) / 1_200 < 2.4


@given(st.lists(st.tuples(st.integers(0, 7_199), readings), min_size=1, max_size=60, unique_by=lambda each: each[0]))
def test_folding_twice_is_folding_once(found: list[tuple[int, float]]) -> None:
    found.sort()
    t, values = [each[0] for each in found], [each[1] for each in found]
    minutes, once, twice = Fold(60), Fold(600), Fold(600)
    minutes.add_points(t, values)
    body = encode_sums(0, 60, minutes.get_sums(0, 7_200))
    twice.add_sums(decode_sums(0, 60, body))
    once.add_points(t, values)
    a, b = once.get_sums(0, 7_200), twice.get_sums(0, 7_200)
    assert ([*a.t], a.low, a.high, a.n) == ([*b.t], b.low, b.high, b.n)
    size = max(map(abs, values), default=0.0)
    assert all(abs(x - y) <= 1e-9 * max(1.0, size) for x, y in zip(a.total, b.total, strict=True))


def test_nothing_is_nothing() -> None:
    assert decode_sums(0, 60, encode_sums(0, 60, Sums([], [], [], [], []))) == Sums([], [], [], [], [])
