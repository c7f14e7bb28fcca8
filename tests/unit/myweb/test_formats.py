"""Durations, sizes and numbers, held to the table of cases that the scripts are held to as well."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from monitor.alerts.forms import SecondsField
from myweb import formats

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "format_cases.json").read_text(encoding="utf-8"))
FORMAT = {
    "age": formats.format_age,
    "bytes": formats.format_bytes,
    "duration": formats.format_duration,
    "file_size": formats.format_file_size,
    "number": formats.format_number,
    "since": formats.format_since,
    "wait": formats.format_wait,
}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']} {case['value']}{case.get('unit', '')}")
def test_a_value_has_one_form_in_each_language(case: dict[str, Any], language: str) -> None:
    with translation.override(language):
        if case["kind"] == "value":
            assert formats.format_value(case["value"], case["unit"]) == case[language]
        else:
            assert FORMAT[case["kind"]](case["value"]) == case[language]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("unit", ["", "s", "B", "B/s", "%"])
def test_no_number_is_a_dash(value: float, unit: str) -> None:
    assert formats.format_value(value, unit) == "–"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("seconds", [0, 1, 90, 125, 3661, 90_061, 2_592_000])
def test_a_form_reads_the_exact_duration_that_it_shows(seconds: int, language: str) -> None:
    with translation.override(language):
        assert SecondsField().clean(formats.format_exact_duration(seconds)) == seconds
