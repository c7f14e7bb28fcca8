"""Readings: rates, rows and frames say what was measured, and leave out what was not."""

import math
from array import array

import pytest

from monitor.dashboards.automatic import AUTOMATIC_DASHBOARDS, Panel, build_layout, define_dashboard
from monitor.dashboards.serializers import serialize_tick
from monitor.metrics.catalogue import MAX_SERIES_PER_SOURCE, SeriesIndex
from monitor.metrics.columns import SeriesColumn
from monitor.metrics.ingest.counters import Counters
from monitor.metrics.models import Source
from monitor.metrics.readings import Rates, Reading, get_value_at


def columns(*names: str) -> list[SeriesColumn]:
    return [SeriesColumn(name, "", position, "host") for position, name in enumerate(names)]


BOARD = define_dashboard("host", Panel("All", ("cpu.busy",)), Panel("Cores", ("cpu.core*", "cpu.busy")))


def test_a_rate_is_the_growth_per_second() -> None:
    rates = Rates()
    assert rates.of("requests", 100, at=10.0) is None
    assert rates.of("requests", 130, at=12.0) == 15.0


def test_a_total_that_began_again_is_no_negative_rate() -> None:
    rates = Rates()
    rates.of("requests", 100, at=10.0)
    assert rates.of("requests", 5, at=11.0) is None
    assert rates.of("requests", 7, at=12.0) == 2.0


@pytest.mark.django_db
def test_a_row_keeps_the_place_of_each_series_whatever_comes_first() -> None:
    sheet = SeriesIndex(Source.objects.create(key="host"))
    assert list(sheet.make_row([Reading("a", 1), Reading("b", 2)])) == [1, 2]
    row = sheet.make_row([Reading("c", 3), Reading("b", 20)])
    assert math.isnan(row[0])
    assert list(row[1:]) == [20, 3]
    assert SeriesIndex(sheet.source).positions == {"a": 0, "b": 1, "c": 2}


@pytest.mark.django_db
def test_series_beyond_the_limit_are_refused_and_counted() -> None:
    sheet = SeriesIndex(Source.objects.create(key="host"))
    row = sheet.make_row([Reading(f"n{number}", number) for number in range(MAX_SERIES_PER_SOURCE + 3)])
    assert len(row) == MAX_SERIES_PER_SOURCE
    assert sheet.refused == 3
    assert sheet.source.series.count() == MAX_SERIES_PER_SOURCE


def test_a_layout_follows_the_panels_and_names_each_series_once() -> None:
    order = build_layout(BOARD, columns("cpu.core0", "load", "cpu.busy", "cpu.core1"))
    assert [column.name for column in order.columns] == ["cpu.busy", "cpu.core0", "cpu.core1"]
    assert order.panels == ((0,), (1, 2, 0))


def test_a_layout_has_another_number_as_soon_as_its_order_is_another() -> None:
    before, after = (build_layout(BOARD, columns(*names)) for names in (("cpu.busy",), ("cpu.busy", "cpu.core0")))
    assert before.number != after.number
    assert before.number == build_layout(BOARD, columns("load", "cpu.busy")).number


def test_a_frame_has_values_by_place_and_null_for_what_was_not_measured() -> None:
    order = build_layout(BOARD, columns("cpu.busy", "cpu.core0", "cpu.core1"))
    assert serialize_tick(7, order, {"host": array("d", [12.5, math.nan])}).v == [12.5, None, None]


def test_a_source_that_is_down_gives_no_values_rather_than_zeros() -> None:
    assert serialize_tick(7, build_layout(BOARD, columns("cpu.busy")), {"host": array("d")}).v is None


def test_whole_numbers_travel_without_a_point() -> None:
    assert repr(get_value_at(array("d", [3.0]), 0)) == "3"


def test_every_automatic_dashboard_is_found_by_its_key() -> None:
    assert all(key == board.key for key, board in AUTOMATIC_DASHBOARDS.items())


def test_of_what_is_not_told_any_more_no_total_is_held() -> None:
    counters = Counters()
    for number in range(100):
        counters.readings(f"pod{number}", 1, 1.0, counter=True)
    counters.keep({"pod7"})
    assert set(counters.rates.last) == set(counters.last_growth) == {"pod7"}
