"""The table and the charts of ``bin/bench schemes``, from rows as the scenario makes them."""

from typing import Any
from xml.etree import ElementTree

import pytest

from bench import scheme_table

Row = dict[str, Any]


def measured(scheme: str, asked: str, per_s: int, **more: object) -> Row:
    return {"scheme": scheme, "asked": asked, "per_s": per_s, "p99_ms": 12.34, "rss_mb": 100.0, **more}


@pytest.fixture
def rows() -> list[Row]:
    return [
        measured("runserver", "hello", 500),
        measured("runserver", "sockets", 9_000),
        measured("tornado", "hello", 1_500),
        measured("tornado", "sign-in", 70),
        {"scheme": "tornado", "asked": "sockets", "per_s": 0, "note": "no sockets"},
        measured("static", "static", 60_000),
        {"scheme": "static", "asked": "sign-in", "per_s": 0, "note": "failed: 3 of 4 answers were errors."},
        measured("static", "sockets", 0, lost=200),
    ]


def line(rows: list[Row], name: str) -> list[str]:
    return next(text for text in scheme_table.summary(rows) if text.startswith(f"{name} ")).split()


def test_a_scheme_without_sockets_says_so_and_one_that_broke_does_too(rows: list[Row]) -> None:
    assert line(rows, "tornado")[1:8] == ["1,500", "12.3", "70", "12.3", "no", "sockets", "100"]
    assert line(rows, "static")[1:] == ["failed", "60,000", "12.3", "failed", "100"], "its memory is known all the same"


def test_the_articles_stand_beside_as_multiples_of_runserver(rows: list[Row]) -> None:
    assert [
        (what, round(theirs, 2), ours) for what, theirs, ours in scheme_table.ratios(scheme_table.schemes(rows))
    ] == [
        ("runserver", 1, 1),
        ("Tornado", 4.5, 3),
        ("nginx, a static file", 10.01, 120),
    ]


def test_without_runserver_there_is_nothing_to_compare_with(rows: list[Row]) -> None:
    some = [row for row in rows if row["scheme"] != "runserver"]
    assert [ours for _what, _theirs, ours in scheme_table.ratios(scheme_table.schemes(some))] == [None, None, None]
    assert list(scheme_table.summary(some))[-1].split()[-1] == "-"


def test_a_chart_shows_the_fastest_first_and_only_what_worked(rows: list[Row]) -> None:
    result = {"rows": rows, "unit": "requests/s", "commit": "abc", "options": {"sockets": 200}}
    charts = {asked: ElementTree.fromstring(drawn) for asked, drawn in scheme_table.charts(result)}
    told = {asked: [text for each in chart.iter() if (text := each.text)] for asked, chart in charts.items()}
    assert told["hello"][-4:] == ["tornado", "1,500, p99 12.3 ms", "runserver", "500, p99 12.3 ms"]
    assert told["sockets"][1:] == [
        "200 sockets in one room, 4 messages in flight",
        "deliveries/s, more is better; commit abc",
        "runserver",
        "9,000, p99 12.3 ms",
    ]


def test_the_page_links_every_scheme_to_its_folder(rows: list[Row]) -> None:
    page = "\n".join(scheme_table.page({"rows": rows}))
    assert "| [tornado](../deploy/schemes/tornado/) | 1,500 | 12.3 | 70 | 12.3 |  |  | no sockets |  | 100 |" in page
