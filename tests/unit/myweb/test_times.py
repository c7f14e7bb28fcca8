"""Moments in pages and sentences, and local times, also on the days when the clocks change."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as some

from myweb.times import find_zone, format_moment, format_weekly_hours, to_instant, to_wall
from tests.zones import ZONES

zones = some.sampled_from(ZONES).map(ZoneInfo)
walls = some.datetimes(datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2030-01-01")).map(
    lambda wall: wall.replace(second=0, microsecond=0)
)
MOMENT = datetime(2026, 11, 28, 22, 30, 41, tzinfo=UTC)
TEMPLATES = sorted(
    path
    for path in Path(settings.BASE_DIR).glob("**/templates/**/*.*")
    if not {".venv", "node_modules"}.intersection(path.parts)
)


def render(source: str, **values: object) -> str:
    return Template(source).render(Context(values))


@given(walls, zones)
def test_a_time_that_is_skipped_is_the_moment_of_the_change(wall: datetime, zone: ZoneInfo) -> None:
    for last in (False, True):
        moment = to_instant(wall, zone, last=last)
        if to_wall(moment, zone) != wall:
            before = to_wall(moment - timedelta(seconds=1), zone)
            assert before < wall < to_wall(moment, zone)


@pytest.mark.parametrize(
    ("zone", "wall", "first", "last"),
    [
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00", "2026-03-29T01:00"),  # skipped
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30", "2026-10-25T01:30"),  # twice
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:00", "2026-03-08T07:00"),
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30", "2026-11-01T06:30"),
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45", "2026-04-04T15:15"),
        ("Asia/Kolkata", "2026-03-29T02:30", "2026-03-28T21:00", "2026-03-28T21:00"),
        ("Pacific/Chatham", "2026-09-27T03:00", "2026-09-26T14:00", "2026-09-26T14:00"),
        ("America/Santiago", "2026-09-06T00:30", "2026-09-06T04:00", "2026-09-06T04:00"),
        ("America/Santiago", "2026-04-04T23:30", "2026-04-05T02:30", "2026-04-05T03:30"),
    ],
)
def test_times_on_the_days_of_a_change(zone: str, wall: str, first: str, last: str) -> None:
    local, key = datetime.fromisoformat(wall), ZoneInfo(zone)
    assert to_instant(local, key) == datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert to_instant(local, key, last=True) == datetime.fromisoformat(last).replace(tzinfo=UTC)


@given(
    some.one_of(some.text(max_size=80), some.sampled_from(["Europe", "../etc/passwd", "Etc/Unknown", "a" * 999, "\0"]))
)
def test_a_zone_that_is_unknown_is_utc(name: str) -> None:
    assert find_zone(name).key
    assert find_zone("nonsense/" + name).key == "UTC"


@pytest.mark.parametrize(
    ("form", "language", "text"),
    [
        ("moment", "en", "Nov. 28, 2026 22:30 UTC"),
        ("moment", "zh-hans", "2026年11月28日 22:30 UTC"),
        ("full", "en", "Nov. 28, 2026 22:30 UTC"),
        ("clock", "en", "22:30 UTC"),
        ("clock", "zh-hans", "22:30 UTC"),
    ],
)
def test_a_moment_on_a_page_is_for_scripts_and_without_them_in_utc(form: str, language: str, text: str) -> None:
    with translation.override(language), timezone.override("Asia/Shanghai"):
        element = render("{% time at form %}", at=MOMENT.astimezone(ZoneInfo("Asia/Kolkata")), form=form)
    assert element == f'<time datetime="2026-11-28T22:30:41Z" data-form="{form}">{text}</time>'


def test_an_age_on_a_page_is_in_words() -> None:
    ages = {
        timedelta(seconds=5): ("just now", "just now", "just now"),
        timedelta(hours=2, minutes=5, seconds=9): ("2 h 5 min ago", "for 2 h 5 min", "2 h 5 min"),
    }
    for age, texts in ages.items():
        at = timezone.now() - age
        for form, text in zip(("relative", "since", "duration"), texts, strict=True):
            assert f">{text}</time>" in render("{% time at form %}", at=at, form=form)


def test_a_day_on_a_page_has_no_zone() -> None:
    with timezone.override("Pacific/Apia"):
        element = render("{% time day 'day' %}", day=date(2026, 11, 28))
    assert element == '<time datetime="2026-11-28" data-form="day">Nov. 28, 2026</time>'


def test_a_moment_stays_an_element_within_a_sentence_and_none_is_nothing() -> None:
    sentence = "{% load i18n %}{% time at as when %}{% blocktranslate %}since {{ when }}{% endblocktranslate %}"
    assert render(sentence, at=MOMENT).startswith('since <time datetime="2026-11-28T22:30:41Z"')
    assert render("{% time at %}", at=None) == ""


@given(some.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2090-01-01")), zones, zones)
def test_a_sentence_of_the_server_names_utc(moment: datetime, zone: ZoneInfo, other: ZoneInfo) -> None:
    instant = moment.replace(microsecond=0, tzinfo=UTC)
    with timezone.override(other):
        assert format_moment(instant.astimezone(zone)) == format_moment(int(instant.timestamp()))
        assert format_moment(instant).endswith(f"{moment:%H:%M} UTC")


def test_weekly_hours_are_local_times() -> None:
    begin, end = datetime.fromisoformat("2026-11-30T22:00"), datetime.fromisoformat("2026-12-01T06:00")
    with timezone.override("Asia/Shanghai"):
        assert format_weekly_hours(begin, end) == "Mon 22:00 – Tue 06:00"


def test_the_zone_of_the_server_plays_no_part() -> None:
    assert settings.TIME_ZONE == "UTC"


def test_templates_show_times_with_the_time_tag_alone() -> None:
    filters = r"\|\s*(date|time|timesince|timeuntil|naturaltime|naturalday|localtime|utc)\b"
    other_ways = re.compile(filters + r"|{%\s*now\b|<time\b(?![^>]*>\s*</time>)")  # scripts fill empty elements
    texts = {str(path): path.read_text(encoding="utf-8") for path in TEMPLATES}
    assert {path: match.group() for path, text in texts.items() if (match := other_ways.search(text))} == {}
