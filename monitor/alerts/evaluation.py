"""The state machine of one series: ok, pending, firing, ok. The functions are pure. Times are those of ticks.

A missed tick changes nothing: a pending series stays pending, and its time continues.
"""

import operator
from collections.abc import Callable
from enum import StrEnum
from math import isnan
from typing import NamedTuple

SOURCE_GONE_AFTER = 30  # seconds without a row, neither up nor down, after which a source counts as gone


class Phase(StrEnum):
    OK = "ok"
    PENDING = "pending"
    FIRING = "firing"
    GONE = "gone"  # only for ended rows: the series has no data


class NoData(StrEnum):
    """The effect of a tick without a value."""

    OK = "ok"
    ALERT = "alert"
    KEEP = "keep"  # no effect, as for a missed tick


class AlertState(StrEnum):
    """The state of an alert, which can cover many series."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    HELD = "held"  # suppressed by a rule that it depends on
    RESOLVED = "resolved"


COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


class RuleConfig(NamedTuple):
    """A series fires after the condition was true for ``hold`` seconds. It recovers after ``keep`` seconds of false."""

    comparison: str
    threshold: float
    hold: int = 0
    keep: int = 0
    no_data: NoData = NoData.KEEP

    def is_met(self, value: float | None) -> bool | None:
        """Returns None if the tick has no effect."""
        if value is None or isnan(value):
            return {NoData.OK: False, NoData.ALERT: True, NoData.KEEP: None}[self.no_data]
        return COMPARE[self.comparison](value, self.threshold)


class RuleState(NamedTuple):
    phase: Phase = Phase.OK
    since: int = 0  # the condition became true; 0 if ok
    fired_at: int | None = None
    calm_since: int | None = None  # firing, but the condition is false since then


OK_STATE = RuleState()
GONE_STATE = RuleState(Phase.GONE)


def evaluate_value(config: RuleConfig, before: RuleState, t: int, value: float | None) -> RuleState:
    """Returns the state after a tick, or the same object if nothing changed."""
    condition = config.is_met(value)
    if condition is None:
        return before
    before = clamp_future_times(before, t)
    return enter_condition(config, before, t) if condition else leave_condition(config, before, t)


def clamp_future_times(before: RuleState, t: int) -> RuleState:
    """After the clock was set back, times in the future become the current time."""
    if before.since <= t and (before.calm_since or t) <= t:
        return before
    return before._replace(since=min(before.since, t), calm_since=before.calm_since and min(before.calm_since, t))


def enter_condition(config: RuleConfig, before: RuleState, t: int) -> RuleState:
    if before.phase is Phase.FIRING:
        return before._replace(calm_since=None)
    since = before.since if before.phase is Phase.PENDING else t
    return RuleState(Phase.FIRING, since, t) if t - since >= config.hold else RuleState(Phase.PENDING, since)


def leave_condition(config: RuleConfig, before: RuleState, t: int) -> RuleState:
    if before.phase is not Phase.FIRING:
        return OK_STATE
    calm_since = t if before.calm_since is None else before.calm_since
    return OK_STATE if t - calm_since >= config.keep else before._replace(calm_since=calm_since)


def choose_alert_state(*, firing: bool, held: bool, silenced: bool, acknowledged: bool) -> AlertState:
    """``held`` and ``silenced`` must be true for all firing series."""
    if not firing:
        return AlertState.RESOLVED
    if held:
        return AlertState.HELD
    if silenced:
        return AlertState.SILENCED
    return AlertState.ACKNOWLEDGED if acknowledged else AlertState.FIRING
