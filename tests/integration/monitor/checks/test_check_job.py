"""The collector runs checks beside its ticks: in a thread and a loop of their own, also without the database."""

import asyncio
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connections

from accounts.models import User
from monitor.checks import storage
from monitor.checks.collector_job import CheckLoop, Checks, CheckThread
from monitor.checks.models import Check
from monitor.checks.source import CheckSource, LatestResult
from monitor.checks.subprocesses import CommandOutcome, run_program
from monitor.dashboards.serializers import load_snapshot
from monitor.metrics.catalogue import Catalogue
from monitor.metrics.collector import Collector as Measuring
from realtime.database import in_thread
from tests.support.checks import list_changes, make_check, somebody
from tests.support.wire import reached

__all__ = ["somebody"]

pytestmark = pytest.mark.django_db(transaction=True)


async def test_checks_run_on_without_the_database_and_what_came_is_kept_when_it_is_back(
    ada: User, somebody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_call: object) -> None:
        raise OperationalError("away")

    check = await in_thread(make_check, ada, "web", somebody)
    thread = CheckThread(CheckSource())
    thread.loop = asyncio.get_running_loop()  # type: ignore[assignment]
    await thread.load_plans()
    waiting = thread.scheduler
    await waiting.start(waiting.schedule.plans[check.pk])
    await thread.store_results()
    with monkeypatch.context() as patch:
        patch.setattr(thread, "in_database", refuse)
        patch.setattr(waiting.schedule, "due", lambda: [*waiting.schedule.plans.values()])
        for second in range(1, 4):
            await thread.run_cycle(second)
            await asyncio.gather(*waiting.tasks.values())
    times = [result.at for result in waiting.results]
    assert len(times) == 3
    waiting.results[1].at += timedelta(minutes=5)
    waiting.results[2].at += timedelta(minutes=5)
    await thread.store_results()
    await in_thread(check.refresh_from_db)
    assert check.checked_at == times[2] + timedelta(minutes=5)
    assert [state for state, _said in await in_thread(list_changes, check)] == ["up", "unknown", "up"], (
        "one gap, not two"
    )
    await thread.in_database(connections.close_all)


def test_the_collector_reads_how_they_went(ada: User) -> None:
    checks = Checks()
    checks.source.latest = {"web": LatestResult("up", 0.25), "db": LatestResult("down"), "dark": LatestResult()}
    t = int(time.time())
    Measuring([checks.source], [checks]).tick(t)
    found = load_snapshot("checks")
    values = {column.name: found.v[place] for place, column in enumerate(found.columns)}
    assert values["web.up"] == [1]
    assert values["web.time"] == [0.25]
    assert values["db.up"] == [0]
    assert values["dark.up"] == [None]


async def test_the_companion_asks_by_itself_and_ends(ada: User, somebody: str) -> None:
    check = await in_thread(make_check, ada, "web", somebody)
    companion = Checks()
    companion.begin(Catalogue())
    try:
        workshop = companion.thread
        assert workshop

        def planned() -> bool:
            companion.second(1)
            return bool(companion.source.latest)

        await reached(planned, "the plan")
        workshop.loop.call_soon_threadsafe(workshop.scheduler.schedule.due_at.update, {check.pk: 0.0})

        def kept() -> bool:
            companion.second(3)
            return not workshop.scheduler.results

        def is_up() -> bool:
            companion.second(2)
            latest = companion.source.latest.get("web")
            return bool(latest and latest.state == "up")

        await reached(is_up, "an answer")
        await reached(kept, "its being kept")
    finally:
        await in_thread(companion.end)
    assert not workshop.is_alive()
    assert companion.source.latest == {}


async def test_a_new_check_has_its_first_result_before_the_next_second_begins(
    ada: User, somebody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    find, loaded, made = storage.find_newest_check, threading.Event(), threading.Event()

    def find_after_the_check_is_made() -> int:
        """The first call belongs to the plans at the start of the second, and the next one looks for new checks."""
        if loaded.is_set():
            made.wait(20)
        loaded.set()
        return find()

    monkeypatch.setattr(storage, "find_newest_check", find_after_the_check_is_made)
    companion = Checks()
    companion.begin(Catalogue())
    try:
        workshop = companion.thread
        assert workshop
        await reached(lambda: workshop.ready, "the start")
        companion.second(1)  # the only one
        await reached(lambda: workshop.scheduler.schedule.begun, "the plans")
        check = await in_thread(make_check, ada, "web", somebody)
        made.set()

        def is_stored() -> bool:
            return Check.objects.filter(pk=check.pk, state="up").exclude(checked_at=None).exists()

        while not await in_thread(is_stored):
            assert workshop.cycle
            waits = workshop.cycle.done() and not (workshop.scheduler.tasks or workshop.storing)
            assert not waits, "it waits for another second"
            await asyncio.sleep(0.01)
    finally:
        made.set()
        await in_thread(companion.end)


async def test_a_program_runs_in_the_loop_of_the_collector_beside_the_main_thread(settings: Any) -> None:
    settings.COMMANDS, settings.COMMAND_USER = True, "nobody"

    def carry_out() -> CommandOutcome:
        loop = CheckLoop()
        try:
            return loop.run_until_complete(run_program(["sh", "-c", "echo well; exit 3"], 10))
        finally:
            loop.close()

    outcome = await asyncio.to_thread(carry_out)
    assert (outcome.exit_code, outcome.lines) == (3, [(0, "well")])


def test_names_are_resolved_in_the_executor_that_has_threads_enough() -> None:
    loop = CheckLoop()
    threads = list[str]()

    def getaddrinfo(*_args: object, **_kwargs: object) -> list[Any]:
        threads.append(threading.current_thread().name)
        return []

    loop.set_default_executor(ThreadPoolExecutor(1, thread_name_prefix="resolver"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        loop.run_until_complete(loop.getaddrinfo("name.example", 80))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    assert threads == ["resolver_0"]
