"""The queue of runs, as the collector sees it: takes what waits, tells what comes, and ends what shall end."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from monitor.checks.cards import show
from monitor.checks.models import ProbeRun
from monitor.checks.probes import ask, made
from monitor.checks.services import finish
from monitor.checks.subprocesses import Line, run
from myweb.errors import Refused
from myweb.network_policy import get_member_reach
from myweb.stored_text import as_stored
from myweb.stored_text import stored_gettext as _

logger = logging.getLogger(__name__)

Status = ProbeRun.Status
AT_ONCE = 8
STALE = timedelta(seconds=60)  # nobody expects it any more
TOLD_EVERY = 0.35  # seconds between two changes of a card

InDatabase = Callable[..., Awaitable[Any]]


class Queue:
    """Lives in one event loop; ``in_database`` runs a function in a thread that may ask the database."""

    def __init__(self, in_database: InDatabase) -> None:
        self.in_database = in_database
        self.stops: dict[int, asyncio.Event] = {}  # of what is running

    async def look(self) -> None:
        taken, stopped = await self.in_database(take, AT_ONCE - len(self.stops), list(self.stops))
        for pk in stopped:
            self.stops[pk].set()
        for each in taken:
            self.stops[each.pk] = asyncio.Event()
            task = asyncio.create_task(self.carry_out(each))
            task.add_done_callback(lambda done, pk=each.pk: self.done(pk, done))  # type: ignore[misc]

    def done(self, pk: int, task: "asyncio.Task[None]") -> None:
        self.stops.pop(pk, None)
        if not task.cancelled() and (error := task.exception()):
            logger.error("Run %d was lost", pk, exc_info=error)

    async def carry_out(self, each: ProbeRun) -> None:
        try:
            await self.in_database(show, each)
            fields = await (self.command(each) if each.kind == "command" else self.probe(each))
        except Refused as refused:
            fields = {"status": Status.REFUSED, "ok": None, "said": as_stored(refused.text)}
        except asyncio.CancelledError:
            raise
        except Exception:
            await self.in_database(finish, each.pk, status=Status.LOST, said=_("The command could not be started."))
            raise
        await self.in_database(finish, each.pk, **fields)

    async def probe(self, each: ProbeRun) -> dict[str, Any]:
        probe = made(each.kind, each.words.partition(" ")[2])
        result = await ask(probe, each.timeout, get_member_reach())
        said = {"said": result.said, "numbers": result.numbers, "seconds": result.seconds}
        return {"status": Status.DONE, "ok": result.ok, **said}

    async def command(self, each: ProbeRun) -> dict[str, Any]:
        telling = asyncio.create_task(self.tell(each))
        try:
            outcome = await run(each.argv, each.timeout, lambda line: heard(each, line), self.stops[each.pk])
        finally:
            telling.cancel()
            await asyncio.wait([telling])
        return {
            "status": Status.STOPPED if outcome.stopped else Status.DONE,
            "ok": outcome.ok,
            "said": outcome.sentence(),
            "exit_code": outcome.exit_code,
            "signal": outcome.signal,
            "timed_out": outcome.timed_out,
            "truncated": outcome.truncated,
            "seconds": outcome.seconds,
            "lines": outcome.lines,
        }

    async def tell(self, each: ProbeRun) -> None:
        """Changes the card whenever there are new lines, not too often, as long as it stands."""
        told, stands = 0, True
        while stands:
            begun = time.monotonic()
            if len(each.lines) > told:
                told = len(each.lines)
                stands = await self.in_database(show, each)
            await asyncio.sleep(max(0.0, begun + TOLD_EVERY - time.monotonic()))


def heard(run: ProbeRun, line: Line) -> None:
    run.lines.append(line)


def take(most: int, running: list[int]) -> tuple[list[ProbeRun], list[int]]:
    """Runs that are now running, and those of the running that shall stop."""
    stopped = ProbeRun.objects.filter(pk__in=running, stop_asked=True).values_list("pk", flat=True)
    taken = []
    for each in ProbeRun.objects.filter(status=Status.QUEUED).order_by("queued_at", "pk")[: max(0, most)]:
        if each.queued_at < timezone.now() - STALE:
            finish(each.pk, status=Status.LOST, said=_("No collector was available to run it in time."))
        elif each.kind == "command" and each.command_id is None:
            finish(each.pk, status=Status.REFUSED, said=_("The command has been deleted."))
        elif ProbeRun.objects.filter(pk=each.pk, status=Status.QUEUED).update(status=Status.RUNNING):
            each.status = Status.RUNNING
            taken.append(each)
    return taken, list(stopped)


def give_up_running() -> None:
    """Of a collector that ended: nobody knows how these went on."""
    for pk in ProbeRun.objects.filter(status=Status.RUNNING).values_list("pk", flat=True):
        finish(pk, status=Status.LOST, said=_("The collector exited while it was running."))
