"""What was measured is kept: nothing is lost at a restart, peaks stay, gaps stay gaps, and the store stays small."""

import time
from array import array
from collections.abc import Iterable
from math import nan

import pytest
from pytest_django.fixtures import Settings

from monitor.metrics.catalogue import Catalogue
from monitor.metrics.models import Chunk, Rollup, Series, Source
from monitor.metrics.store.compaction import Compaction, write_chunks
from monitor.metrics.store.history import read_history
from monitor.metrics.store.purge import HistoryPurge, estimate_size
from monitor.metrics.store.retention import DAY, RAW, ROLLUP_RESOLUTIONS
from monitor.metrics.store.ring import RedisRing, Ring, RingRow, TableRing, get_ring

pytestmark = pytest.mark.django_db(transaction=True)

MINUTES, TENS, HOURS = ROLLUP_RESOLUTIONS
LONG_AGO = 1_000 * HOURS.span


@pytest.fixture
def source() -> Source:
    source = Source.objects.create(key="host")
    for position, name in enumerate(("cpu.busy", "load.1")):
        Series.objects.create(source=source, name=name, position=position)
    return source


@pytest.fixture
def series(source: Source) -> list[Series]:
    return list(source.series.all())


@pytest.fixture(params=[TableRing, RedisRing])
def ring(request: pytest.FixtureRequest, settings: Settings) -> Ring:
    if request.param is RedisRing:
        request.getfixturevalue("real_redis")
    else:
        settings.REDIS = None
    return get_ring()


def measured(t: int) -> float:
    return round(t * 7.3 % 97, 1)


def row(t: int) -> RingRow:
    return RingRow(t, array("d", [measured(t), t % 13]))


def work(keeper: Compaction, begin: int, seconds: int = 8) -> None:
    for t in range(begin, begin + seconds):
        keeper.second(t)


def begun() -> Compaction:
    keeper = Compaction()
    keeper.begin(Catalogue())
    return keeper


def slot() -> int:
    """The last five minutes that are over."""
    return int(time.time()) // RAW * RAW - RAW


def test_five_minutes_become_a_chunk_of_each_series(source: Source, series: list[Series], ring: Ring) -> None:
    t0 = slot()
    for t in range(t0, t0 + RAW):
        ring.append(t, {source.pk: row(t).values})
    work(begun(), t0 + RAW + 7)
    assert Chunk.objects.count() == 2
    found = read_history(series, t0, t0 + RAW)
    assert (found.step, found.t) == (1, list(range(t0, t0 + RAW)))
    assert found.mean == [[measured(t) for t in found.t], [t % 13 for t in found.t]]
    assert found.low == found.high == found.mean


def test_a_killed_collector_loses_nothing_that_the_ring_has(source: Source, series: list[Series], ring: Ring) -> None:
    t0 = slot()
    for t in range(t0 - 400, t0 + RAW + 3):
        ring.append(t, {source.pk: row(t).values})
    for _start in range(2):  # nothing twice, either
        work(begun(), t0 + RAW + 7)
    assert Chunk.objects.count() == 6
    found = read_history(series, t0 - 400, t0 + RAW + 3)
    assert found.t == list(range(t0 - 400, t0 + RAW + 3))
    assert found.mean[0] == [measured(t) for t in found.t]


def test_what_is_not_written_yet_is_read_from_the_ring(source: Source, series: list[Series], ring: Ring) -> None:
    t0 = slot()
    for t in range(t0, t0 + 20):
        ring.append(t, {source.pk: row(t).values})
    assert read_history(series, t0, t0 + 60).mean[0] == [measured(t) for t in range(t0, t0 + 20)]
    assert not Chunk.objects.exists()


def test_a_source_that_was_down_leaves_a_gap(source: Source, series: list[Series]) -> None:
    rows = [RingRow(t, array("d", [] if 20 <= t < 25 else [1.0, nan])) for t in range(LONG_AGO % RAW, 40)]
    write_chunks(source.pk, [RingRow(LONG_AGO + each.t, each.values) for each in rows])
    found = read_history(series, LONG_AGO, LONG_AGO + 60)
    assert found.mean[0] == [1.0] * 20 + [None] * 5 + [1.0] * 15
    assert set(found.mean[1]) == {None}


def test_seldom_ticks_are_no_gap_and_missing_ones_are(source: Source, series: list[Series]) -> None:
    times = [*range(0, 100, 10), *range(160, 200)]
    write_chunks(source.pk, [row(LONG_AGO + t) for t in times])
    found = read_history(series, LONG_AGO, LONG_AGO + 300)
    assert [t - LONG_AGO for t in found.t] == [*range(0, 100, 10), 91, *range(160, 200)]
    assert [value is None for value in found.mean[0]] == [t == 91 for t in (each - LONG_AGO for each in found.t)]


def test_a_series_that_came_later_has_nothing_before(source: Source, series: list[Series]) -> None:
    write_chunks(source.pk, [RingRow(LONG_AGO + t, array("d", [1.0] if t < 150 else [1.0, 2.0])) for t in range(300)])
    assert read_history(series, LONG_AGO, LONG_AGO + 300).mean[1] == [None] * 150 + [2.0] * 150


def brute(times: Iterable[int], step: int) -> dict[int, tuple[float, float, float]]:
    found: dict[int, list[float]] = {}
    for t in times:
        found.setdefault(t // step * step, []).append(measured(t))
    return {at: (min(each), max(each), sum(each) / len(each)) for at, each in found.items()}


def test_rollups_are_what_brute_force_finds(source: Source, series: list[Series]) -> None:
    """Of three times fifty hours by ten seconds, the last of which is not over; asked at every resolution."""
    begin, end = LONG_AGO, LONG_AGO + 2 * TENS.span + 7 * 3600
    times = range(begin, end, 20)
    for t0 in range(begin, end, DAY // 2):  # it rolls up as it goes, as raw values are forgotten after a day
        write_chunks(source.pk, [row(t) for t in times if t0 <= t < t0 + DAY // 2])
        keeper = begun()
        work(keeper, min(t0 + DAY // 2, end) // RAW * RAW + 7, 2)
        while keeper.rollups.tasks:
            keeper.rollups.merge_for(1)
    assert {step for (step,) in Rollup.objects.values_list("step")} == {60, 600}
    for step, points in ((60, 10_000), (600, 1_000), (3600, 110)):
        found = read_history(series, begin, end, points)
        assert found.step == step
        expected = brute(times, step)
        assert found.t == list(expected)
        for at, low, high, mean in zip(found.t, found.low[0], found.high[0], found.mean[0], strict=True):
            assert (low, high) == expected[at][:2]
            assert mean == pytest.approx(expected[at][2])


def test_a_peak_of_one_second_is_seen_in_a_month(source: Source, series: list[Series]) -> None:
    rows = [RingRow(t, array("d", [99.0 if t == LONG_AGO + 777 else 1.0])) for t in range(LONG_AGO, LONG_AGO + 1_500)]
    write_chunks(source.pk, rows)
    found = read_history(series, LONG_AGO, LONG_AGO + 30 * DAY)
    assert (found.high[0][0], found.low[0][0], round(found.mean[0][0] or 0, 3)) == (99.0, 1.0, 1.065)


def test_old_values_are_read_from_where_they_still_are(source: Source, series: list[Series]) -> None:
    """Raw values of that hour are gone: its minutes are shown, though a chart could show seconds."""
    t0 = LONG_AGO
    write_chunks(source.pk, [row(t) for t in range(t0, t0 + MINUTES.span, 10)])
    keeper = begun()
    work(keeper, t0 + MINUTES.span + 7)
    Chunk.objects.all().delete()
    write_chunks(source.pk, [row(t) for t in range(t0 + 2 * MINUTES.span, t0 + 2 * MINUTES.span + 600, 10)])
    found = read_history(series, t0 + 600, t0 + 1_200)
    assert (found.step, len(found.t)) == (60, 10)
    assert read_history(series, t0 + 2 * MINUTES.span, t0 + 2 * MINUTES.span + 600).step == 1


def test_what_is_old_is_forgotten_by_its_age(source: Source) -> None:
    series = source.series.first()
    assert series
    now = LONG_AGO
    for age in (DAY - RAW, DAY + 2 * RAW):
        Chunk.objects.create(series=series, t0=(now - age) // RAW * RAW, body=b"")
    for level in ROLLUP_RESOLUTIONS:
        for age in (level.max_age - level.span, level.max_age + 2 * level.span):
            Rollup.objects.create(series=series, step=level.step, t0=(now - age) // level.span * level.span, body=b"")
    assert HistoryPurge().second(now) == 4
    assert Chunk.objects.count() == 1
    assert sorted(Rollup.objects.values_list("step", flat=True)) == [60, 600, 3600]


def test_over_the_allowed_size_the_oldest_raw_values_go_first(source: Source, settings: Settings) -> None:
    settings.METRICS_MB = 1
    series, now = source.series.first(), LONG_AGO
    assert series
    young, old = now - 3600, now - 12 * 3600
    Rollup.objects.create(series=series, step=60, t0=now - 5 * DAY, body=b"x" * 1_000)
    Chunk.objects.bulk_create(
        Chunk(series=series, t0=(begin // RAW + number) * RAW, body=b"x" * 20_000)
        for begin in (old, young)
        for number in range(60 if begin == old else 10)
    )
    assert estimate_size() > 1_000_000
    keeper = HistoryPurge()
    assert keeper.second(now) == 60
    assert Chunk.objects.filter(t0__lt=now - 6 * 3600).count() == 0
    assert (Chunk.objects.count(), Rollup.objects.count()) == (10, 1)
    assert estimate_size() < 1_000_000
    assert keeper.second(now) == 0
