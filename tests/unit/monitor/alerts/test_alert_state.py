"""The life of an alert's series: whatever the values, it fires when the condition held long enough, and not before."""

from math import isnan

from hypothesis import given
from hypothesis import strategies as some

from monitor.alerts.evaluation import (
    OK_STATE,
    AlertState,
    NoData,
    Phase,
    RuleConfig,
    RuleState,
    choose_alert_state,
    evaluate_value,
)
from monitor.alerts.replies import ReplyCommand, parse_reply

BAD, GOOD = 20.0, 5.0
ticks = some.lists(
    some.tuples(some.integers(1, 40), some.sampled_from([BAD, GOOD, None, float("nan")])), min_size=1, max_size=60
)
terms = some.builds(
    RuleConfig,
    some.just(">"),
    some.just(10.0),
    some.integers(0, 60),
    some.integers(0, 60),
    some.sampled_from(NoData),
)


Ticks = list[tuple[int, float | None]]


def run(terms: RuleConfig, ticks: Ticks) -> list[tuple[int, float | None, RuleState]]:
    t, standing, told = 1_000, OK_STATE, []
    for wait, value in ticks:
        t += wait
        standing = evaluate_value(terms, standing, t, value)
        told.append((t, value, standing))
    return told


@given(terms, ticks)
def test_it_fires_only_after_the_condition_held_long_enough(terms: RuleConfig, ticks: Ticks) -> None:
    began: int | None = None  # the plain meaning, kept beside
    firing = False
    calm: int | None = None
    for t, value, standing in run(terms, ticks):
        holds = terms.is_met(value)
        if holds:
            began, calm = (t if began is None else began), None
            firing = firing or t - began >= terms.hold
        elif holds is False:
            calm = (t if calm is None else calm) if firing else None
            if calm is None or t - calm >= terms.keep:
                began, firing, calm = None, False, None
        assert (standing.phase is Phase.FIRING) == firing
        assert (standing.phase is Phase.PENDING) == (began is not None and not firing)


@given(terms, ticks, some.data())
def test_a_collector_that_starts_again_goes_on_where_the_last_one_was(
    terms: RuleConfig, ticks: Ticks, data: some.DataObject
) -> None:
    """What is kept between two ticks is the standing alone, and it is written down whenever it changed."""
    told = run(terms, ticks)
    cut = data.draw(some.integers(0, len(told) - 1))
    written = OK_STATE
    for _t, _value, standing in told[: cut + 1]:
        written = standing if standing != written else written
    for t, value, standing in told[cut + 1 :]:
        written = evaluate_value(terms, written, t, value)
        assert written == standing


@given(ticks)
def test_ticks_without_a_value_change_nothing_unless_the_rule_says_so(ticks: Ticks) -> None:
    terms = RuleConfig(">", 10.0, 30, 20, NoData.KEEP)
    only = [(t, value) for t, value, _after in run(terms, ticks) if value is not None and not isnan(value)]
    standing = OK_STATE
    for t, value in only:
        standing = evaluate_value(terms, standing, t, value)
    assert run(terms, ticks)[-1][2] == standing


def test_what_was_missed_never_counts_as_ok() -> None:
    terms = RuleConfig(">", 10.0, 60)
    pending = evaluate_value(terms, OK_STATE, 1_000, BAD)
    assert evaluate_value(terms, pending, 1_060, BAD) == RuleState(Phase.FIRING, 1_000, 1_060)


def test_it_keeps_firing_through_a_short_calm() -> None:
    terms = RuleConfig(">", 10.0, 0, keep=30)
    firing = evaluate_value(terms, OK_STATE, 1_000, BAD)
    calm = evaluate_value(terms, firing, 1_010, GOOD)
    assert (calm.phase, calm.calm_since) == (Phase.FIRING, 1_010)
    assert evaluate_value(terms, calm, 1_020, BAD) == firing
    assert evaluate_value(terms, calm, 1_040, GOOD) == OK_STATE


@given(some.booleans(), some.booleans(), some.booleans())
def test_what_fires_no_more_is_resolved_whatever_was_said_of_it(held: bool, silenced: bool, acknowledged: bool) -> None:
    assert (
        choose_alert_state(firing=False, held=held, silenced=silenced, acknowledged=acknowledged) is AlertState.RESOLVED
    )
    found = choose_alert_state(firing=True, held=held, silenced=silenced, acknowledged=acknowledged)
    assert (found is AlertState.FIRING) == (not held and not silenced and not acknowledged)


def test_replies_that_do_something_are_understood_and_others_are_just_replies() -> None:
    for text, said in {
        "ack": ReplyCommand("acknowledge", 60, ""),
        "ack 30m restarting the worker": ReplyCommand("acknowledge", 30, "restarting the worker"),
        "Ack 2h": ReplyCommand("acknowledge", 120, ""),
        "ack 45": ReplyCommand("acknowledge", 45, ""),
        "ack 5 times today already": ReplyCommand("acknowledge", 60, "5 times today already"),
        "acknowledge looking at it": ReplyCommand("acknowledge", 60, "looking at it"),
        "silence 1d deploy": ReplyCommand("silence", 1440, "deploy"),
        "unack": ReplyCommand("unacknowledge", 60, ""),
        "确认30分钟 重启中": ReplyCommand("acknowledge", 30, "重启中"),
        "静默 2小时": ReplyCommand("silence", 120, ""),
        "取消确认": ReplyCommand("unacknowledge", 60, ""),
        "ackermann is on it": None,
        "I will ack it": None,
        "silences are golden": None,
    }.items():
        assert parse_reply(text) == said, text
