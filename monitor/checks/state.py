"""The state of a check after a result: up, degraded, down after the retries, or unknown while its parent is down.

How many retries: DEFAULT_RETRIES in models.py.
"""

from typing import NamedTuple

from monitor.checks.models import CheckState
from monitor.checks.probes import Result
from monitor.checks.schedule import Plan
from myweb.stored_text import Duration
from myweb.stored_text import stored_gettext as _


class Verdict(NamedTuple):
    state: str | None  # None: unchanged
    message: str


class Streak(NamedTuple):
    """Consecutive results of one check."""

    failed: int = 0
    slow: int = 0


class Streaks:
    """After a change of the collector, a check that is down or degraded stays so."""

    def __init__(self) -> None:
        self.streaks: dict[int, Streak] = {}

    def count(self, plan: Plan, result: Result, state: str) -> Streak:
        """``state``: before this result."""
        before = self.streaks.get(plan.pk, Streak())
        failed = max(before.failed, plan.retries if state == CheckState.DOWN else 0)
        slow = max(before.slow, plan.retries if state == CheckState.DEGRADED else 0)
        streak = Streak(0 if result.ok else failed + 1, slow + 1 if is_slow(plan, result) else 0)
        self.streaks[plan.pk] = streak
        return streak


def is_slow(plan: Plan, result: Result) -> bool:
    return bool(result.ok and plan.slow_after and (result.seconds or 0.0) * 1000 > plan.slow_after)


def decide_state(plan: Plan, result: Result, streak: Streak, down_parent: str) -> Verdict:
    """``down_parent`` is the name of the parent if it is down."""
    if streak.slow > plan.retries:
        slow = {"limit": Duration((plan.slow_after or 0) / 1000), "time": Duration(result.seconds or 0.0)}
        return Verdict(CheckState.DEGRADED, _("Slower than %(limit)s (%(time)s).") % slow)
    if result.ok:
        return Verdict(CheckState.UP, result.message)
    if streak.failed <= plan.retries:
        times = {"failures": streak.failed, "most": plan.retries + 1, "why": result.message}
        return Verdict(None, _("Failed %(failures)d of %(most)d times: %(why)s") % times)
    if result.ok is None:
        return Verdict(CheckState.UNKNOWN, result.message)
    if down_parent:
        return Verdict(CheckState.UNKNOWN, _("Depends on %(name)s, which is down.") % {"name": down_parent})
    return Verdict(CheckState.DOWN, result.message)
