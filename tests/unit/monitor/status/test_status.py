"""The status page's reckoning: conditions, and how a part has been over the days."""

from array import array
from datetime import UTC, datetime, timedelta
from math import nan

import pytest

from monitor.checks.uptime import UPTIME_DAYS, get_first_uptime_day, list_spans, sum_by_day
from monitor.status.collector_job import ComponentRule, parse_condition
from monitor.status.component_states import get_worst_state
from monitor.status.conditions import Condition, InvalidCondition, Measured
from monitor.status.models import ComponentState
from monitor.status.uptime import format_uptime, list_days

MEASURED: Measured = {
    "web": ({"busy": 0, "queue": 1}, array("d", [96.0, nan])),
    "redis": ({"ping": 0}, array("d")),
    "checks": ({"shop.up": 0}, array("d", [0.0])),
}
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("web.busy > 95", True),
        ("web.busy>96", False),
        ("web.busy >= 96 %", True),
        ("web.up < 1", False),
        ("redis.up < 1", True),
        ("checks.shop.up < 1", True),
        ("web.queue > 0", None),
        ("web.none > 0", None),
        ("nginx.up < 1", None),
    ],
)
def test_a_condition_says_what_was_measured(text: str, holds: bool | None) -> None:
    assert Condition.read(text).holds(MEASURED) is holds


@pytest.mark.parametrize("text", ["web", "web.up", "busy > 3", "web.busy > much", "web.busy >", "web.busy << 1"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(InvalidCondition):
        Condition.read(text)


@pytest.mark.parametrize(
    ("down", "disturbed", "state"),
    [
        ("", "", ComponentState.WORKS),
        ("redis.up < 1", "", ComponentState.DOWN),
        ("web.up < 1", "web.busy > 95", ComponentState.DISTURBED),
        ("web.up < 1", "web.queue > 0", ComponentState.UNKNOWN),
        ("redis.up < 1", "web.queue > 0", ComponentState.DOWN),
    ],
)
def test_a_part_is_as_bad_as_the_worst_that_is_known(down: str, disturbed: str, state: str) -> None:
    assert ComponentRule(parse_condition(down), parse_condition(disturbed)).get_state(MEASURED) == state


def test_what_is_not_known_is_better_than_what_is_bad() -> None:
    assert get_worst_state([ComponentState.WORKS, ComponentState.UNKNOWN]) == ComponentState.UNKNOWN
    assert (
        get_worst_state([ComponentState.DOWN, ComponentState.UNKNOWN, ComponentState.DISTURBED]) == ComponentState.DOWN
    )
    assert get_worst_state([]) == ComponentState.WORKS


def test_trouble_over_midnight_counts_for_both_days() -> None:
    begun = datetime(2026, 3, 8, 23, 30, tzinfo=UTC)
    changes = [(begun, ComponentState.DOWN), (begun + timedelta(hours=2), ComponentState.WORKS)]
    found = sum_by_day(list_spans(ComponentState.WORKS, changes, get_first_uptime_day(NOW), NOW))
    assert found[begun.date()][ComponentState.DOWN] == 30 * 60
    assert found[(begun + timedelta(days=1)).date()][ComponentState.DOWN] == 90 * 60
    days = list_days(found, NOW)
    assert [day.level for day in days[-3:]] == ["bad", "bad", "good"]
    assert days[-2].words == "March 9: down for 1 h 30 min"
    assert len(days) == UPTIME_DAYS


def test_before_a_part_was_there_nothing_is_said_of_it() -> None:
    found = sum_by_day(
        list_spans(None, [(NOW - timedelta(days=2), ComponentState.WORKS)], get_first_uptime_day(NOW), NOW)
    )
    assert [day.level for day in list_days(found, NOW)[-4:]] == ["none", "good", "good", "good"]
    assert format_uptime(found) == "100"
    assert format_uptime(sum_by_day(list_spans(None, [], get_first_uptime_day(NOW), NOW))) == ""


def test_a_short_trouble_is_never_rounded_away() -> None:
    changes = [(NOW - timedelta(seconds=1), ComponentState.DOWN)]
    assert (
        format_uptime(sum_by_day(list_spans(ComponentState.WORKS, changes, get_first_uptime_day(NOW), NOW))) == "99.99"
    )
