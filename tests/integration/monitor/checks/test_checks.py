"""Checks: when they are asked, what makes them up, down or unknown, and what is kept of it."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from math import isnan
from typing import Any

import pytest
from django.db import OperationalError, connections

from accounts.models import User
from monitor.checks import scheduler, services, storage
from monitor.checks.collector_job import CheckLoop, Checks, CheckThread
from monitor.checks.models import Check, CheckChange, ProbeCommand, ProbeRun
from monitor.checks.probes import Result, make_probe
from monitor.checks.schedule import Plan, Schedule
from monitor.checks.scheduler import CheckScheduler
from monitor.checks.source import CheckSource, LatestResult
from monitor.checks.subprocesses import CommandOutcome, run_program
from monitor.dashboards.serializers import load_snapshot
from monitor.metrics.catalogue import Catalogue
from monitor.metrics.collector import Collector as Measuring
from myweb.errors import Refused
from realtime.database import in_thread
from tests.support import machines
from tests.support.wire import reached

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def nobody() -> str:
    """A place where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return f"127.0.0.1:{gone.getsockname()[1]}"


@pytest.fixture
def somebody() -> Iterator[str]:
    with machines.saying(b"") as place:
        yield place


def make(by: User, slug: str, target: str, kind: str = "tcp", **fields: Any) -> Check:
    options = fields.pop("options", {})
    check = Check(name=slug.title(), slug=slug, **{"retries": 0, **fields})
    services.save_check(by, check, make_probe(kind, target, options))
    return check


def plan(pk: int, slug: str = "", interval: int = 10) -> Plan:
    return Plan(pk, slug or f"check-{pk}", slug, make_probe("tcp", "a:1"), interval, 5, 0, None)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_checks_do_not_all_begin_at_once() -> None:
    clock = Clock()
    schedule = Schedule(clock)
    schedule.set_plans([plan(pk) for pk in range(100)])
    begun = []
    for _second in range(11):
        begun.append(len(schedule.due()))
        clock.now += 1
    assert sum(begun) >= 100
    assert max(begun) < 30


def test_a_check_keeps_its_moment_however_late_it_was_asked() -> None:
    clock = Clock()
    schedule = Schedule(clock)
    schedule.set_plans([plan(1)])
    first = schedule.due_at[1]
    clock.now = first + 34
    assert [each.pk for each in schedule.due()] == [1]
    assert schedule.due() == []
    assert schedule.due_at[1] == first + 40


def test_a_new_or_changed_check_is_asked_at_once_and_a_deleted_one_no_more() -> None:
    clock = Clock()
    schedule = Schedule(clock)
    schedule.set_plans([plan(1)])
    schedule.set_plans([plan(1), plan(2)])
    assert [each.pk for each in schedule.due()] == [2]
    schedule.set_plans([plan(2, interval=20)])
    assert [each.interval for each in schedule.due()] == [20]
    schedule.set_plans([])
    clock.now += 100
    assert schedule.due() == []


class Collector:
    """What the companion does, by hand."""

    def __init__(self) -> None:
        self.source = CheckSource()
        self.scheduler = CheckScheduler(self.source)
        self.scheduler.schedule.due = list  # type: ignore[method-assign] # nothing is due by the clock here

    async def ask(self, *checks: Check) -> None:
        """Has these asked, in this order, and keeps what came."""
        self.scheduler.update(*await in_thread(storage.load_plans))
        tasks = [self.scheduler.start(self.scheduler.schedule.plans[check.pk]) for check in checks]
        for task in tasks:
            await task
        await self.keep()

    async def keep(self) -> None:
        answers, self.scheduler.results = self.scheduler.results, []
        await in_thread(storage.store_results, answers)

    def value(self, name: str) -> float:
        return next(each.value for each in self.source.read(0.0) if each.name == name)


def changes(check: Check) -> list[tuple[str, str]]:
    return list(CheckChange.objects.filter(of=check).order_by("pk").values_list("state", "said"))


async def test_a_check_is_up_and_then_down_and_each_change_is_one_row(ada: User, somebody: str, nobody: str) -> None:
    check = await in_thread(make, ada, "web", somebody)
    collector = Collector()
    for _time in range(3):
        await collector.ask(check)
    assert collector.value("web.up") == 1.0
    assert 0 < collector.value("web.time") < 5
    check.target = nobody
    await in_thread(check.save)
    for _time in range(2):
        await collector.ask(check)
    assert collector.value("web.up") == 0.0
    await in_thread(check.refresh_from_db)
    assert (check.state, check.said) == ("down", "Connection refused.")
    assert [state for state, _said in await in_thread(changes, check)] == ["up", "down"]


async def test_it_is_down_only_after_enough_failures(ada: User, nobody: str) -> None:
    check = await in_thread(make, ada, "web", nobody, retries=2)
    collector = Collector()
    for failures in (1, 2):
        await collector.ask(check)
        await in_thread(check.refresh_from_db)
        assert check.state == "unknown"
        assert check.said.startswith(f"Failed {failures} of 3 times: Connection refused")
        assert isnan(collector.value("web.up"))
    await collector.ask(check)
    await in_thread(check.refresh_from_db)
    assert check.state == "down"


async def test_what_is_down_stays_so_under_another_collector(ada: User, nobody: str) -> None:
    check = await in_thread(make, ada, "web", nobody, retries=1)
    for _time in range(2):
        collector = Collector()
        await collector.ask(check)
        await collector.ask(check)
        collector = Collector()
        await collector.ask(check)
        await in_thread(check.refresh_from_db)
        assert (check.state, check.said) == ("down", "Connection refused.")
    assert len(await in_thread(changes, check)) == 1


@pytest.mark.parametrize("parent_first", [True, False])
async def test_behind_a_parent_that_is_down_a_check_is_unknown(ada: User, nobody: str, parent_first: bool) -> None:
    parent = await in_thread(make, ada, "router", nobody)
    children = [await in_thread(make, ada, f"web-{n}", nobody, parent=parent) for n in range(3)]
    collector = Collector()
    await collector.ask(*([parent, *children] if parent_first else [*children, parent]))
    assert collector.value("router.up") == 0.0
    for child in children:
        await in_thread(child.refresh_from_db)
        assert (child.state, child.said) == ("unknown", "Depends on Router, which is down.")
        assert isnan(collector.value(f"{child.slug}.up"))
    assert await in_thread(CheckChange.objects.count) == 1  # the parent's: the others were unknown before


async def test_a_check_that_fails_alone_is_down(ada: User, nobody: str, somebody: str) -> None:
    parent = await in_thread(make, ada, "router", somebody)
    child = await in_thread(make, ada, "web", nobody, parent=parent)
    collector = Collector()
    await collector.ask(child)
    assert (collector.value("router.up"), collector.value("web.up")) == (1.0, 0.0)


async def test_a_command_is_a_check_too_and_what_changed_its_state_is_on_record(
    ada: User, settings: Any, tmp_path: Any
) -> None:
    settings.COMMANDS, settings.COMMAND_USER = True, "nobody"
    command = ProbeCommand(name="disk-free", argv=["sh", "-c", "echo {how:full|fine}; test {how:full|fine} = fine"])
    await in_thread(services.save_command, ada, command)
    check = await in_thread(make, ada, "disk", "disk-free full", "command")
    collector = Collector()
    for _time in range(2):
        await collector.ask(check)
    await in_thread(check.refresh_from_db)
    assert check.state == "down"
    assert check.said.startswith("Exit status 1 after")
    assert check.said.endswith(" full")
    run = await in_thread(ProbeRun.objects.get)
    assert (run.by_id, run.words, run.exit_code, run.stdout) == (None, "disk-free full", 1, "full")


async def test_a_certificate_tells_its_days(ada: User, tmp_path: Any) -> None:
    with machines.saying(b"", machines.certificate(tmp_path)) as place:
        check = await in_thread(make, ada, "cert", place, "tls", options={"verify": False})
        collector = Collector()
        await collector.ask(check)
    assert int(collector.value("cert.days")) == 30


async def test_at_most_fifty_are_asked_at_a_time_and_who_waits_long_is_counted(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, most, release = 0, 0, asyncio.Event()

    async def ask(*_asked: object) -> Result:
        nonlocal going, most
        going += 1
        most = max(most, going)
        await release.wait()
        going -= 1
        return Result(True, "Fine.", 0.1)

    monkeypatch.setattr(scheduler, "run_probe", ask)
    collector = Collector()
    collector.scheduler.update([plan(pk) for pk in range(60)], {})
    tasks = [collector.scheduler.start(each) for each in collector.scheduler.schedule.plans.values()]
    await reached(lambda: going == scheduler.MAX_PROBES, "all slots")
    monkeypatch.setattr(scheduler, "OVERDUE_AFTER", -1.0)
    collector.scheduler.update([plan(pk) for pk in range(60)], {})
    assert (collector.value("running"), collector.value("overdue")) == (60, 10)
    release.set()
    await asyncio.gather(*tasks)
    assert most == scheduler.MAX_PROBES


async def test_checks_that_are_due_at_once_begin_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = list[float]()

    async def ask(*_asked: object) -> Result:
        begun.append(time.monotonic())
        return Result(True, "Fine.", 0.1)

    monkeypatch.setattr(scheduler, "run_probe", ask)
    started = CheckScheduler(CheckSource())
    started.start_spread([plan(pk) for pk in range(30)])
    await reached(lambda: len(begun) == 30 and not started.tasks, "all of them")
    assert max(begun) - min(begun) > 0.8
    assert sorted(answer.plan.pk for answer in started.results) == list(range(30))


@pytest.mark.parametrize("count", [1, 40])
async def test_many_answers_are_kept_with_few_statements(
    ada: User, somebody: str, count: int, django_assert_max_num_queries: Any
) -> None:
    checks = [await in_thread(make, ada, f"web-{number}", somebody) for number in range(count)]
    collector = Collector()
    await collector.ask(*checks)
    collector.scheduler.update(*await in_thread(storage.load_plans))
    for task in [collector.scheduler.start(collector.scheduler.schedule.plans[check.pk]) for check in checks]:
        await task
    answers = collector.scheduler.results

    def keep() -> None:
        with django_assert_max_num_queries(5):
            storage.store_results(answers)

    await in_thread(keep)
    for check in checks:
        await in_thread(check.refresh_from_db)
        assert (check.state, check.said[:12]) == ("up", "Connected in")
        assert check.checked_at == max(answer.at for answer in answers if answer.plan.pk == check.pk)
    assert await in_thread(CheckChange.objects.count) == count


async def test_checks_run_on_without_the_database_and_what_came_is_kept_when_it_is_back(
    ada: User, somebody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_call: object) -> None:
        raise OperationalError("away")

    check = await in_thread(make, ada, "web", somebody)
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
    assert [state for state, _said in await in_thread(changes, check)] == ["up", "unknown", "up"], "one gap, not two"
    await thread.in_database(connections.close_all)


def test_a_check_that_is_not_changed_is_not_planned_again(ada: User) -> None:
    check = make(ada, "web", "a:1")
    first, second = storage.load_plans()[0], storage.load_plans()[0]
    assert first[0] is second[0]
    check.target = "b:2"
    check.save()
    assert storage.load_plans()[0][0].probe.target == "b:2"
    Check.objects.all().delete()
    assert storage.load_plans() == ([], {})


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
    check = await in_thread(make, ada, "web", somebody)
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
        check = await in_thread(make, ada, "web", somebody)
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


def test_what_cannot_be_is_refused(ada: User, ben: User, settings: Any) -> None:
    first = make(ada, "first", "a:1")
    second = make(ada, "second", "a:1", parent=first)
    first.parent = second
    with pytest.raises(Refused, match="depend on itself"):
        services.save_check(ada, first, make_probe("tcp", "a:1"))
    wrong: list[dict[str, Any]] = [
        {"interval": 4},
        {"timeout": 61, "interval": 90},
        {"timeout": 20, "interval": 10},
        {"retries": 21},
    ]
    for fields in wrong:
        with pytest.raises(Refused):
            make(ada, "third", "a:1", **fields)
    with pytest.raises(Refused, match="short name"):
        make(ada, "first", "a:1")
    with pytest.raises(Refused, match="Only admins"):
        make(ben, "fourth", "a:1")
    with pytest.raises(Refused, match="disabled"):
        make(ada, "fifth", "nothing here", "command")
    settings.COMMANDS = True
    with pytest.raises(Refused, match="no command"):
        make(ada, "fifth", "nothing here", "command")


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
