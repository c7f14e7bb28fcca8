"""The run queue of the collector: claims queued runs, updates their cards and stops them on request.

How many a user may queue says RUNS_PER_USER in services.py.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from monitor.checks.cards import update_run_card
from monitor.checks.models import ProbeRun
from monitor.checks.probes import make_probe, run_probe
from monitor.checks.services import finish_run
from monitor.checks.subprocesses import Line, run_program
from myweb.errors import Refused
from myweb.network_policy import get_member_reach
from myweb.stored_text import as_stored
from myweb.stored_text import stored_gettext as _

logger = logging.getLogger(__name__)

Status = ProbeRun.Status
MAX_RUNS = 8
STALE_AFTER = timedelta(seconds=60)  # older runs are not started any more
CARD_UPDATE_EVERY = 0.35  # seconds between two updates of a card

InDatabase = Callable[..., Awaitable[Any]]


class RunQueue:
    """Belongs to one event loop. ``in_database`` calls a function in the database thread."""

    def __init__(self, in_database: InDatabase) -> None:
        self.in_database = in_database
        self.stops: dict[int, asyncio.Event] = {}  # of running commands

    async def poll(self) -> None:
        claimed, stopped = await self.in_database(claim_runs, MAX_RUNS - len(self.stops), list(self.stops))
        for pk in stopped:
            self.stops[pk].set()
        for run in claimed:
            self.stops[run.pk] = asyncio.Event()
            task = asyncio.create_task(self.execute(run))
            task.add_done_callback(lambda done, pk=run.pk: self.on_done(pk, done))  # type: ignore[misc]

    def on_done(self, pk: int, task: "asyncio.Task[None]") -> None:
        self.stops.pop(pk, None)
        if not task.cancelled() and (error := task.exception()):
            logger.error("Run %d was lost", pk, exc_info=error)

    async def execute(self, run: ProbeRun) -> None:
        try:
            await self.in_database(update_run_card, run)
            fields = await (self.execute_command(run) if run.kind == "command" else self.execute_probe(run))
        except Refused as refused:
            fields = {"status": Status.REFUSED, "ok": None, "said": as_stored(refused.text)}
        except asyncio.CancelledError:
            raise
        except Exception:
            await self.in_database(finish_run, run.pk, status=Status.LOST, said=_("The command could not be started."))
            raise
        await self.in_database(finish_run, run.pk, **fields)

    async def execute_probe(self, run: ProbeRun) -> dict[str, Any]:
        probe = make_probe(run.kind, run.words.partition(" ")[2])
        result = await run_probe(probe, run.timeout, get_member_reach())
        result_fields = {"said": result.message, "numbers": result.numbers, "seconds": result.seconds}
        return {"status": Status.DONE, "ok": result.ok, **result_fields}

    async def execute_command(self, run: ProbeRun) -> dict[str, Any]:
        card_task = asyncio.create_task(self.update_card_while_running(run))
        try:
            outcome = await run_program(run.argv, run.timeout, lambda line: append_line(run, line), self.stops[run.pk])
        finally:
            card_task.cancel()
            await asyncio.wait([card_task])
        return {
            "status": Status.STOPPED if outcome.stopped else Status.DONE,
            "ok": outcome.ok,
            "said": outcome.describe(),
            "exit_code": outcome.exit_code,
            "signal": outcome.signal,
            "timed_out": outcome.timed_out,
            "truncated": outcome.truncated,
            "seconds": outcome.seconds,
            "lines": outcome.lines,
        }

    async def update_card_while_running(self, run: ProbeRun) -> None:
        """Updates the card when there are new lines, until the card is gone."""
        shown_lines, card_exists = 0, True
        while card_exists:
            started = time.monotonic()
            if len(run.lines) > shown_lines:
                shown_lines = len(run.lines)
                card_exists = await self.in_database(update_run_card, run)
            await asyncio.sleep(max(0.0, started + CARD_UPDATE_EVERY - time.monotonic()))


def append_line(run: ProbeRun, line: Line) -> None:
    run.lines.append(line)


def claim_runs(most: int, running: list[int]) -> tuple[list[ProbeRun], list[int]]:
    """Returns the claimed runs, and the ids of running ones to stop."""
    stopped = ProbeRun.objects.filter(pk__in=running, stop_asked=True).values_list("pk", flat=True)
    claimed = []
    for run in ProbeRun.objects.filter(status=Status.QUEUED).order_by("queued_at", "pk")[: max(0, most)]:
        if run.queued_at < timezone.now() - STALE_AFTER:
            finish_run(run.pk, status=Status.LOST, said=_("No collector was available to run it in time."))
        elif run.kind == "command" and run.command_id is None:
            finish_run(run.pk, status=Status.REFUSED, said=_("The command has been deleted."))
        elif ProbeRun.objects.filter(pk=run.pk, status=Status.QUEUED).update(status=Status.RUNNING):
            run.status = Status.RUNNING
            claimed.append(run)
    return claimed, list(stopped)


def mark_running_lost() -> None:
    """Marks the runs of an earlier collector as lost, since their end is unknown."""
    for pk in ProbeRun.objects.filter(status=Status.RUNNING).values_list("pk", flat=True):
        finish_run(pk, status=Status.LOST, said=_("The collector exited while it was running."))
