"""Probes due checks, at most fifty at a time, and collects the results."""

import asyncio
import time
from collections.abc import Callable, Iterable

from django.utils import timezone

from monitor.checks.models import CheckState
from monitor.checks.probes import Result, run_probe
from monitor.checks.schedule import Plan, Schedule
from monitor.checks.source import CheckSource, LatestResult
from monitor.checks.state import Streak, Streaks, decide_state
from monitor.checks.storage import CheckResult
from myweb.network_policy import Reach

MAX_PROBES = 50
SPREAD_SECONDS = 0.9  # seconds over which the probes of one cycle start
SPREAD_STEP = 0.02  # seconds; each wakeup of the loop costs more CPU than another check in it
OVERDUE_AFTER = 5.0  # seconds of waiting for a slot


class CheckScheduler:
    """Belongs to one event loop. ``results`` collects what is to be stored, ``on_news`` is called for a new state."""

    def __init__(self, source: CheckSource, on_news: Callable[[], object] = lambda: None) -> None:
        self.source, self.on_news = source, on_news
        self.schedule = Schedule(time.monotonic)
        self.slots = asyncio.Semaphore(MAX_PROBES)
        self.streaks = Streaks()
        self.tasks: dict[int, asyncio.Task[bool | None]] = {}
        self.became_due_at: dict[int, float] = {}  # when each was last due
        self.started_at: dict[int, float] = {}  # when each probe last started
        self.last_ok: dict[int, bool | None] = {}  # the result of the last probe
        self.results: list[CheckResult] = []

    def update(self, plans: Iterable[Plan], states: dict[str, str]) -> None:
        self.schedule.set_plans(plans)
        latest = self.source.latest
        self.source.latest = {slug: latest.get(slug) or LatestResult(state) for slug, state in states.items()}
        self.start_due()
        overdue_before = time.monotonic() - OVERDUE_AFTER
        self.source.running = len(self.tasks)
        self.source.overdue = sum(
            self.became_due_at[pk] > self.started_at.get(pk, 0.0) and self.became_due_at[pk] < overdue_before
            for pk in self.tasks
        )

    def start_due(self) -> None:
        self.start_spread(self.schedule.due())

    def start_spread(self, due: list[Plan]) -> None:
        """Spreads the starts over a second. Probes that start together would measure how busy this loop is."""
        for number, plan in enumerate(due):
            if delay := SPREAD_SECONDS * number / len(due) // SPREAD_STEP * SPREAD_STEP:
                asyncio.get_running_loop().call_later(delay, self.start, plan)
            else:
                self.start(plan)

    def start(self, plan: Plan) -> "asyncio.Task[bool | None]":
        """Returns the running task of the check, or a new one. Its result tells whether the probe succeeded."""
        task = self.tasks.get(plan.pk)
        if task is None:
            task = self.tasks[plan.pk] = asyncio.create_task(self.run_check(plan))
            self.became_due_at[plan.pk] = time.monotonic()
            task.add_done_callback(lambda _task: self.tasks.pop(plan.pk, None))
        return task

    async def run_check(self, plan: Plan) -> bool | None:
        async with self.slots:
            self.started_at[plan.pk] = time.monotonic()
            result = await run_probe(plan.probe, plan.timeout, Reach.EVERYWHERE)
        self.last_ok[plan.pk] = result.ok
        streak = self.streaks.count(plan, result, self.source.latest.get(plan.slug, LatestResult()).state)
        if not result.ok and streak.failed <= plan.retries:
            self.schedule.retry_soon(plan)
        down_parent = await self.find_down_parent(plan) if result.ok is False and streak.failed > plan.retries else ""
        self.record_result(plan, result, streak, down_parent)
        return result.ok

    async def find_down_parent(self, plan: Plan) -> str:
        """Probes the parent first if its result is older. The order of parent and child then makes no difference."""
        parent = self.schedule.plans.get(plan.parent or 0)
        if parent is None:
            return ""
        if parent.pk not in self.tasks and self.started_at.get(parent.pk, 0.0) >= self.started_at[plan.pk]:
            parent_ok = self.last_ok.get(parent.pk)
        else:
            parent_ok = await asyncio.shield(self.start(parent))
        return "" if parent_ok else parent.name

    def record_result(self, plan: Plan, result: Result, streak: Streak, down_parent: str) -> None:
        verdict = decide_state(plan, result, streak, down_parent)
        latest = self.source.latest.get(plan.slug, LatestResult())
        days = result.numbers.get("days", latest.days)
        seconds = result.seconds if result.ok else None
        if plan.slug in self.source.latest:  # it can be deleted meanwhile, and the collector reads in another thread
            self.source.latest[plan.slug] = LatestResult(verdict.state or latest.state, seconds, days)
        self.results.append(CheckResult(plan, timezone.now(), result, verdict))
        if latest.state == CheckState.UNKNOWN or verdict.state not in {None, latest.state}:
            self.on_news()
