"""How the alert of one series goes: ok, pending, firing, ok again. Pure: times are those of ticks, in seconds.

A tick that was missed says nothing: what is pending stays pending, and its time goes on.
"""

import operator
from collections.abc import Callable
from enum import StrEnum
from math import isnan
from typing import NamedTuple


class Phase(StrEnum):
    OK = "ok"
    PENDING = "pending"
    FIRING = "firing"
    GONE = "gone"  # only of what has ended: it did so because its series has no values any more


class NoData(StrEnum):
    """What a tick without a value means."""

    OK = "ok"
    ALERT = "alert"
    KEEP = "keep"  # nothing: as a tick that was missed


class AlertState(StrEnum):
    """How a whole alert stands, which may be of many series."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    HELD = "held"  # behind another that it depends on
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
    """When it fires: while the value compares so for ``hold`` seconds. It ends after ``keep`` seconds without."""

    comparison: str
    threshold: float
    hold: int = 0
    keep: int = 0
    no_data: NoData = NoData.KEEP

    def is_met(self, value: float | None) -> bool | None:
        """None where the tick says nothing."""
        if value is None or isnan(value):
            return {NoData.OK: False, NoData.ALERT: True, NoData.KEEP: None}[self.no_data]
        return COMPARE[self.comparison](value, self.threshold)


class RuleState(NamedTuple):
    phase: Phase = Phase.OK
    since: int = 0  # the condition holds, since it is not ok
    fired_at: int | None = None
    calm_since: int | None = None  # firing, but the condition holds no more


OK_STATE = RuleState()
GONE_STATE = RuleState(Phase.GONE)


def evaluate_value(terms: RuleConfig, before: RuleState, t: int, value: float | None) -> RuleState:
    """The standing after a tick. The same as before where nothing has to be written down."""
    holds = terms.is_met(value)
    if holds is None:
        return before
    before = clamp_future_times(before, t)
    return enter_condition(terms, before, t) if holds else leave_condition(terms, before, t)


def clamp_future_times(before: RuleState, t: int) -> RuleState:
    """Where the clock was set back, what began in the time to come begins now."""
    if before.since <= t and (before.calm_since or t) <= t:
        return before
    return before._replace(since=min(before.since, t), calm_since=before.calm_since and min(before.calm_since, t))


def enter_condition(terms: RuleConfig, before: RuleState, t: int) -> RuleState:
    if before.phase is Phase.FIRING:
        return before._replace(calm_since=None)
    since = before.since if before.phase is Phase.PENDING else t
    return RuleState(Phase.FIRING, since, t) if t - since >= terms.hold else RuleState(Phase.PENDING, since)


def leave_condition(terms: RuleConfig, before: RuleState, t: int) -> RuleState:
    if before.phase is not Phase.FIRING:
        return OK_STATE
    calm_since = t if before.calm_since is None else before.calm_since
    return OK_STATE if t - calm_since >= terms.keep else before._replace(calm_since=calm_since)


def choose_alert_state(*, firing: bool, held: bool, silenced: bool, acknowledged: bool) -> AlertState:
    """``held`` and ``silenced`` say that all that fires is."""
    if not firing:
        return AlertState.RESOLVED
    if held:
        return AlertState.HELD
    if silenced:
        return AlertState.SILENCED
    return AlertState.ACKNOWLEDGED if acknowledged else AlertState.FIRING
