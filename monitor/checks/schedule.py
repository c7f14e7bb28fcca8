"""The schedule of checks. Each check has its own offset, so that they do not all start at once."""

from collections.abc import Callable, Iterable
from typing import NamedTuple
from zlib import crc32

from monitor.checks.probes import Probe

RETRY_AFTER = 5.0  # seconds until the retry after a failure
START_SPREAD = 60.0  # seconds over which the first probes are spread


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
    slow_after: int | None = None  # milliseconds


def find_start_delay(plan: Plan) -> float:
    """Returns the seconds until the first probe. They are always the same for a check."""
    return crc32(plan.slug.encode()) % 10_000 / 10_000 * min(plan.interval, START_SPREAD)


class Schedule:
    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.plans: dict[int, Plan] = {}
        self.due_at: dict[int, float] = {}
        self.begun = False

    def set_plans(self, plans: Iterable[Plan]) -> None:
        """Replaces the plans. New and changed checks are due at once, except at the start of the collector."""
        is_first, now = not self.begun, self.clock()
        self.begun = True
        new_plans = {plan.pk: plan for plan in plans}
        for pk, plan in new_plans.items():
            if self.plans.get(pk) != plan:
                self.due_at[pk] = now + (find_start_delay(plan) if is_first else 0.0)
        for pk in self.plans.keys() - new_plans.keys():
            del self.due_at[pk]
        self.plans = new_plans

    def due(self) -> list[Plan]:
        """Returns the due checks, and schedules the next time of each without drift."""
        now = self.clock()
        due_ids = [pk for pk, at in self.due_at.items() if at <= now]
        for pk in due_ids:
            interval = self.plans[pk].interval
            self.due_at[pk] += (1 + (now - self.due_at[pk]) // interval) * interval
        return [self.plans[pk] for pk in due_ids]

    def retry_soon(self, plan: Plan) -> None:
        """Schedules a failed check sooner than usual."""
        if plan.pk in self.due_at:
            self.due_at[plan.pk] = min(self.due_at[plan.pk], self.clock() + RETRY_AFTER)
