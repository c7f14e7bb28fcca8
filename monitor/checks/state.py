"""The state of a check after a result: up, down after enough failures, or unknown while its parent is down."""

from typing import NamedTuple

from monitor.checks.models import CheckState
from monitor.checks.probes import Result
from monitor.checks.schedule import Plan
from myweb.stored_text import stored_gettext as _


class Verdict(NamedTuple):
    state: str | None  # None: unchanged
    message: str


class Failures:
    """Counts consecutive failures of each check. After a change of the collector, a check that is down stays down."""

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}

    def count(self, plan: Plan, result: Result, was_down: bool) -> int:
        before = max(self.counts.get(plan.pk, 0), plan.retries if was_down else 0)
        self.counts[plan.pk] = 0 if result.ok else before + 1
        return self.counts[plan.pk]


def decide_state(plan: Plan, result: Result, failures: int, down_parent: str) -> Verdict:
    """``down_parent`` is the name of the parent if it is down."""
    if result.ok:
        return Verdict(CheckState.UP, result.message)
    if failures <= plan.retries:
        times = {"failures": failures, "most": plan.retries + 1, "why": result.message}
        return Verdict(None, _("Failed %(failures)d of %(most)d times: %(why)s") % times)
    if result.ok is None:
        return Verdict(CheckState.UNKNOWN, result.message)
    if down_parent:
        return Verdict(CheckState.UNKNOWN, _("Depends on %(name)s, which is down.") % {"name": down_parent})
    return Verdict(CheckState.DOWN, result.message)
