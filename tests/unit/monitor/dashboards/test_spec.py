"""The JSON of a dashboard: what is right comes through, and what is wrong is said in a sentence."""

import json
from typing import Any

import pytest

from monitor.dashboards.spec import MAX_DASHBOARD_SERIES, MAX_PANEL_SERIES, MAX_PANELS, format_spec, parse_spec
from myweb.errors import Refused


def text(**changes: Any) -> str:
    panel = {"title": "Processor", "series": ["host.cpu.busy"]} | changes.pop("panel", {})
    return json.dumps({"title": "Overview", "panels": [panel], **changes})


def test_what_is_written_is_read_again() -> None:
    spec = parse_spec(text(panel={"note": "of all cores", "top": 100, "colour": "red", "wide": True}))
    assert parse_spec(format_spec(spec)) == spec
    assert spec.sources == {"host"}


def test_spaces_at_the_ends_and_series_that_stand_twice_are_left_out() -> None:
    spec = parse_spec(text(title="  My   board ", panel={"series": ["host.a", " host.a "]}))
    assert (spec.title, spec.panels[0].series) == ("My board", ["host.a"])


WRONG = {
    "Invalid JSON": "{",
    "no title": text(title=" "),
    "a long title": text(title="x" * 61),
    "another format": text(format=2),
    "an unknown field": text(owner="me"),
    "a number for a title": text(panel={"title": 7}),
    "a panel without a title": text(panel={"title": ""}),
    "an unknown colour": text(panel={"colour": "#ff0000"}),
    "a scale that ends below zero": text(panel={"top": -1}),
    "a series without a source": text(panel={"series": ["busy"]}),
    "a pattern over sources": text(panel={"series": ["*.cpu.busy"]}),
    "a source without a series": text(panel={"series": ["host."]}),
    "too many panels": json.dumps({"title": "x", "panels": [{"title": "x", "series": []}] * (MAX_PANELS + 1)}),
    "too many series in a panel": text(panel={"series": [f"host.{n}" for n in range(MAX_PANEL_SERIES + 1)]}),
    "too many series": json.dumps(
        {"title": "x", "panels": [{"title": "x", "series": [f"host.{n}" for n in range(MAX_PANEL_SERIES)]}] * 6}
    ),
    "a lone surrogate": '{"title": "\\ud800", "panels": []}',
    "an endless depth": "[" * 100_000,
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said(what: str) -> None:
    assert MAX_DASHBOARD_SERIES < 6 * MAX_PANEL_SERIES
    with pytest.raises(Refused) as refused:
        parse_spec(WRONG[what])
    assert str(refused.value.text).endswith(".")


def test_it_is_said_where_it_is_wrong() -> None:
    with pytest.raises(Refused, match=r"panel 1 title"):
        parse_spec(text(panel={"title": 7}))
    with pytest.raises(Refused, match=r"Panel 1: “busy” is not a series"):
        parse_spec(text(panel={"series": ["busy"]}))
