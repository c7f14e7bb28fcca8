"""Asks the checks that are due, at most fifty at a time, and says what came of it."""

import asyncio
import time
from collections.abc import Iterable

from django.utils import timezone

from monitor.checks.models import State
from monitor.checks.probes import Result, ask
from monitor.checks.schedule import Plan, Schedule
from monitor.checks.source import CheckSource, Latest
from monitor.checks.state import Failures, verdict
from monitor.checks.storage import Answer
from myweb.network_policy import Reach

AT_ONCE = 50
SPREAD = 0.9  # seconds over which the checks of one pulse begin
STEP = 0.02  # seconds; each wakeup of the loop costs more CPU than another check in it
LATE = 5.0  # seconds; who waits longer for a slot is overdue


class Asking:
    """Lives in one event loop. What is to be stored gathers in ``answers``."""

    def __init__(self, source: CheckSource) -> None:
        self.source = source
        self.schedule = Schedule(time.monotonic)
        self.slots = asyncio.Semaphore(AT_ONCE)
        self.failures = Failures()
        self.going: dict[int, asyncio.Task[bool | None]] = {}
        self.wanted: dict[int, float] = {}  # when each last became due
        self.begun: dict[int, float] = {}  # when each was last asked
        self.fine: dict[int, bool | None] = {}  # how that went
        self.answers: list[Answer] = []

    def follow(self, plans: Iterable[Plan], states: dict[str, str]) -> None:
        self.schedule.set(plans)
        known = self.source.latest
        self.source.latest = {slug: known.get(slug) or Latest(state) for slug, state in states.items()}
        self.start_spread(self.schedule.due())
        late = time.monotonic() - LATE
        self.source.running = len(self.going)
        self.source.overdue = sum(
            self.wanted[pk] > self.begun.get(pk, 0.0) and self.wanted[pk] < late for pk in self.going
        )

    def start_spread(self, due: list[Plan]) -> None:
        """One after the other within a second: what begins at the same moment would measure how busy this loop is."""
        for number, plan in enumerate(due):
            if delay := SPREAD * number / len(due) // STEP * STEP:
                asyncio.get_running_loop().call_later(delay, self.start, plan)
            else:
                self.start(plan)

    def start(self, plan: Plan) -> "asyncio.Task[bool | None]":
        """The task that asks it: the one under way, or a new one. Its result says whether it went well."""
        task = self.going.get(plan.pk)
        if task is None:
            task = self.going[plan.pk] = asyncio.create_task(self.check(plan))
            self.wanted[plan.pk] = time.monotonic()
            task.add_done_callback(lambda _task: self.going.pop(plan.pk, None))
        return task

    async def check(self, plan: Plan) -> bool | None:
        async with self.slots:
            self.begun[plan.pk] = time.monotonic()
            result = await ask(plan.probe, plan.timeout, Reach.EVERYWHERE)
        self.fine[plan.pk] = result.ok
        failures = self.failures.count(plan, result, self.was_down(plan))
        if not result.ok and failures <= plan.retries:
            self.schedule.again(plan)
        behind = await self.down_parent(plan) if result.ok is False and failures > plan.retries else ""
        self.take(plan, result, failures, behind)
        return result.ok

    def was_down(self, plan: Plan) -> bool:
        latest = self.source.latest.get(plan.slug)
        return latest is not None and latest.state == State.DOWN

    async def down_parent(self, plan: Plan) -> str:
        """Asked now, if it was not since: whether the child or the parent is due first must make no difference."""
        parent = self.schedule.plans.get(plan.parent or 0)
        if parent is None:
            return ""
        if parent.pk not in self.going and self.begun.get(parent.pk, 0.0) >= self.begun[plan.pk]:
            fine = self.fine.get(parent.pk)
        else:
            fine = await asyncio.shield(self.start(parent))
        return "" if fine else parent.name

    def take(self, plan: Plan, result: Result, failures: int, behind: str) -> None:
        found = verdict(plan, result, failures, behind)
        known = self.source.latest.get(plan.slug, Latest())
        days = result.numbers.get("days", known.days)
        seconds = result.seconds if result.ok else None
        if plan.slug in self.source.latest:  # else it was deleted meanwhile; the collector reads in another thread
            self.source.latest[plan.slug] = Latest(found.state or known.state, seconds, days)
        self.answers.append(Answer(plan, timezone.now(), result, found))
