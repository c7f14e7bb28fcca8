"""The uptime of a check is honest about time that was not measured."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.checks.models import CheckState
from monitor.checks.text import as_clause
from monitor.checks.uptime import (
    BEAT_SECONDS,
    BEATS,
    DAYS,
    Span,
    draw_beats,
    get_first_day,
    list_beats,
    list_day_bars,
    list_spans,
    measure_uptime,
)

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def spans_of(*changes: tuple[timedelta, str], before: str | None = None) -> list[Span]:
    """Each change is so long ago."""
    return list(list_spans(before, [(NOW - ago, state) for ago, state in changes], get_first_day(NOW), NOW))


def test_there_is_no_percentage_before_an_hour() -> None:
    assert measure_uptime(spans_of((timedelta(minutes=59), CheckState.UP)), NOW) == ("", "", "")
    assert measure_uptime(spans_of((HOUR, CheckState.UP)), NOW) == ("100", "100", "100")
    assert measure_uptime([], NOW) == ("", "", "")


@pytest.mark.parametrize("state", [CheckState.PAUSED, CheckState.UNKNOWN])
def test_paused_and_unknown_time_counts_for_neither_side(state: str) -> None:
    measured = spans_of((10 * HOUR, CheckState.UP), (8 * HOUR, state), (2 * HOUR, CheckState.DOWN))
    assert measure_uptime(measured, NOW).day == "50.00"


def test_each_range_counts_its_own_outages() -> None:
    outage = ((50 * HOUR, CheckState.DOWN), (49 * HOUR, CheckState.UP))
    uptime = measure_uptime(spans_of(*outage, before=CheckState.UP), NOW)
    assert uptime.day == "100"
    assert uptime.month == "99.86"
    assert uptime.quarter > uptime.month


def test_a_second_of_an_outage_is_never_rounded_away() -> None:
    changes = ((timedelta(seconds=2), CheckState.DOWN), (timedelta(seconds=1), CheckState.UP))
    assert measure_uptime(spans_of(*changes, before=CheckState.UP), NOW).quarter == "99.99"


def test_bars_of_the_last_hours_show_outages_and_what_was_not_measured() -> None:
    beats = list_beats(
        spans_of((timedelta(seconds=3.5 * BEAT_SECONDS), CheckState.UP), (timedelta(seconds=30), CheckState.DOWN)), NOW
    )
    assert len(beats) == BEATS
    assert beats[-5:] == ["none", "good", "good", "good", "bad"]


def test_a_slow_check_is_up_and_its_bars_say_so() -> None:
    spans = spans_of((10 * HOUR, CheckState.UP), (HOUR, CheckState.DEGRADED))
    assert measure_uptime(spans, NOW).day == "100"
    assert list_beats(spans, NOW)[-6:] == ["good", *["some"] * 5]
    assert list_day_bars(spans, NOW)[-1].words == "March 10: degraded for 1 h"


def test_each_bar_is_drawn_in_the_path_of_its_level() -> None:
    paths = draw_beats(["none", "bad"])
    assert paths == {"none": "M0 17h3v3h-3z", "good": "", "some": "", "bad": "M4 0h3v20h-3z"}


def test_bars_of_the_days_begin_with_those_before_the_check_existed() -> None:
    days = list_day_bars(spans_of((30 * HOUR, CheckState.UP), (HOUR, CheckState.DOWN)), NOW)
    assert len(days) == DAYS
    assert [day.level for day in days[-4:]] == ["none", "none", "good", "bad"]
    assert days[-1].words == "March 10: down for 1 h"


@pytest.mark.parametrize(
    ("sentence", "clause"),
    [
        ("Connection refused.", "connection refused"),
        ("HTTP 502 in 3 ms", "HTTP 502 in 3 ms"),
        ("TLS failed: eof.", "TLS failed: eof"),
        ("连接被拒绝。", "连接被拒绝"),
        ("", ""),
    ],
)
def test_a_result_can_end_another_sentence(sentence: str, clause: str) -> None:
    assert as_clause(sentence) == clause
