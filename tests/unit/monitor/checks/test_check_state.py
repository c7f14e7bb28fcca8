"""A check is degraded or down only after enough results, and up again at the first good one."""

import pytest

from monitor.checks.models import CheckState
from monitor.checks.probes import Result, make_probe
from monitor.checks.schedule import Plan
from monitor.checks.state import Streaks, decide_state

UP, SLOW, DOWN = (Result(True, "Connected.", 0.2), Result(True, "Connected.", 1.24), Result(False, "Refused.", 0.1))


def plan(retries: int = 1, slow_after: int | None = 1000) -> Plan:
    return Plan(1, "web", "Web", make_probe("tcp", "a:1"), 30, 5, retries, None, slow_after)


def list_states(plan: Plan, *results: Result, state: str = CheckState.UNKNOWN) -> list[str]:
    """The state after each result."""
    streaks, states = Streaks(), []
    for result in results:
        state = decide_state(plan, result, streaks.count(plan, result, state), "").state or state
        states.append(str(state))
    return states


def test_it_is_degraded_after_more_slow_results_than_retries() -> None:
    assert list_states(plan(), UP, SLOW, SLOW, SLOW, UP) == ["up", "up", "degraded", "degraded", "up"]
    assert list_states(plan(retries=0), SLOW) == ["degraded"]
    assert list_states(plan(slow_after=None), SLOW, SLOW) == ["up", "up"]


def test_a_failure_between_slow_results_begins_their_count_anew() -> None:
    assert list_states(plan(), SLOW, DOWN, SLOW, SLOW) == ["up", "up", "up", "degraded"]
    assert list_states(plan(), DOWN, DOWN, SLOW) == ["unknown", "down", "up"]


@pytest.mark.parametrize(("state", "result"), [(CheckState.DEGRADED, SLOW), (CheckState.DOWN, DOWN)])
def test_under_another_collector_it_stays_as_it_was(state: CheckState, result: Result) -> None:
    assert list_states(plan(), result, state=state) == [state]


def test_it_says_how_slow_it_was() -> None:
    strict = plan(retries=0)
    verdict = decide_state(strict, SLOW, Streaks().count(strict, SLOW, CheckState.UP), "")
    assert str(verdict.message) == "Slower than 1 s (1.24 s)."
