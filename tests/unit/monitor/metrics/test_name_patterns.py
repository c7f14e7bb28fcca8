"""Patterns of names, as rules, silences, dashboards and scrapes have them: each costs little, whatever it is."""

import json
import time
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from monitor.alerts.forms import RuleForm, SilenceForm
from monitor.dashboards import spec
from monitor.dashboards.automatic import select_series
from monitor.metrics import name_patterns
from monitor.metrics.ingest.forms import ScrapedForm
from monitor.metrics.sources.scraped import is_wanted
from myweb.errors import Refused

NAMES = [f"host.{number}{'a' * 180}" for number in range(500)]
TOO_MUCH = ["*a" * 1000, "*" * 11, "a" * 2_101, "host.*" + "*a" * 10]


@pytest.mark.parametrize("pattern", TOO_MUCH)
def test_a_pattern_of_many_stars_matches_nothing_and_takes_no_time(pattern: str) -> None:
    begun = time.process_time()
    assert not any(name_patterns.matches_pattern(name, pattern) or is_wanted(name, pattern) for name in NAMES)
    assert select_series([pattern], NAMES) == []
    assert time.process_time() - begun < 0.5


def test_a_name_fits_itself_however_long_it_is() -> None:
    assert name_patterns.matches_pattern("*a" * 1000, "*a" * 1000)


@pytest.mark.parametrize("pattern", ["host.cpu.core*", "*", "disk.full *", "a*b*c*d*e", "[ab]?*", "a" * 2_100])
def test_usual_patterns_are_taken(pattern: str) -> None:
    name_patterns.validate_pattern(pattern)


@pytest.mark.parametrize("pattern", TOO_MUCH)
@pytest.mark.parametrize(
    ("form", "field"), [(RuleForm, "series"), (RuleForm, "source"), (SilenceForm, "pattern"), (ScrapedForm, "allowed")]
)
def test_every_form_refuses_a_pattern_of_many_stars(form: Any, field: str, pattern: str) -> None:
    with pytest.raises(ValidationError, match="at most"):
        form.base_fields[field].clean(pattern)


def test_a_list_of_patterns_is_bounded() -> None:
    many = " ".join(f"a{number}.*" for number in range(101))
    with pytest.raises(ValidationError, match="At most 100 patterns"):
        ScrapedForm.base_fields["allowed"].clean(many)
    assert [is_wanted(name, many) for name in ("a99.x", "a100.x")] == [True, False]


def dashboard(**fields: Any) -> str:
    return json.dumps({"title": "Web", "panels": [{"title": "CPU", "series": ["host.cpu"]}]} | fields)


@pytest.mark.parametrize(
    "text",
    [
        dashboard(panels=[{"title": "CPU", "series": ["host." + "*a" * 60]}]),
        dashboard(panels=[{"title": "CPU", "series": ["host.a"] * 200_000}]),
        dashboard(panels=[{"title": "CPU", "series": [f"host.{number}" for number in range(41)]}]),
        dashboard(title="a" * 2_000_000),
        dashboard(format=10**400),
        dashboard(panels=[{"title": "CPU", "series": ["host.a"]}] * 41),
        "[" * 200_000,
        '{"title":' * 100_000,
        " " * 2_000_000,
    ],
    ids=["stars", "many", "41 series", "long", "number", "41 panels", "deep", "deep objects", "spaces"],
)
def test_an_import_of_a_dashboard_is_bounded(text: str) -> None:
    begun = time.process_time()
    with pytest.raises(Refused):
        spec.parse_spec(text)
    assert time.process_time() - begun < 0.2
