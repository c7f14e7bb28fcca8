"""When each check is asked: every so often, each at a moment of its own, so that they do not all begin at once."""

from collections.abc import Callable, Iterable
from typing import NamedTuple
from zlib import crc32

from monitor.checks.probes import Probe

AGAIN = 5.0  # seconds after a failure, if the check would not come sooner
SPREAD = 60.0  # seconds within which every check is asked for the first time


class Plan(NamedTuple):
    """A check as the collector keeps it."""

    pk: int
    slug: str
    name: str
    probe: Probe
    interval: int
    timeout: int
    retries: int
    parent: int | None


def spread(plan: Plan) -> float:
    """Seconds from the start to the first time; the same for the same check."""
    return crc32(plan.slug.encode()) % 10_000 / 10_000 * min(plan.interval, SPREAD)


class Schedule:
    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.plans: dict[int, Plan] = {}
        self.due_at: dict[int, float] = {}
        self.begun = False

    def set(self, plans: Iterable[Plan]) -> None:
        """A check that is new, or was changed, is asked at once unless the collector has just begun."""
        begins, now = not self.begun, self.clock()
        self.begun = True
        fresh = {plan.pk: plan for plan in plans}
        for pk, plan in fresh.items():
            if self.plans.get(pk) != plan:
                self.due_at[pk] = now + (spread(plan) if begins else 0.0)
        for pk in self.plans.keys() - fresh.keys():
            del self.due_at[pk]
        self.plans = fresh

    def due(self) -> list[Plan]:
        """Those whose time has come; each is then due again, at its own moment, however late this was."""
        now = self.clock()
        found = [pk for pk, at in self.due_at.items() if at <= now]
        for pk in found:
            interval = self.plans[pk].interval
            self.due_at[pk] += (1 + (now - self.due_at[pk]) // interval) * interval
        return [self.plans[pk] for pk in found]

    def again(self, plan: Plan) -> None:
        """After a failure, sooner than usual."""
        if plan.pk in self.due_at:
            self.due_at[plan.pk] = min(self.due_at[plan.pk], self.clock() + AGAIN)
