"""Checks: what makes them up, down or unknown, how many run at once, and what is kept of it."""

import asyncio
import socket
import time
from math import isnan
from typing import Any

import pytest

from accounts.models import User
from monitor.checks import scheduler, services, storage
from monitor.checks.models import Check, CheckChange, ProbeCommand, ProbeRun
from monitor.checks.probes import Result, make_probe
from monitor.checks.scheduler import CheckScheduler
from monitor.checks.source import CheckSource
from myweb.errors import Refused
from realtime.database import in_thread
from tests.support import machines
from tests.support.checks import list_changes, make_check, make_plan, somebody
from tests.support.wire import reached

__all__ = ["somebody"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def nobody() -> str:
    """A place where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return f"127.0.0.1:{gone.getsockname()[1]}"


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


async def test_a_check_is_up_and_then_down_and_each_change_is_one_row(ada: User, somebody: str, nobody: str) -> None:
    check = await in_thread(make_check, ada, "web", somebody)
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
    assert [state for state, _said in await in_thread(list_changes, check)] == ["up", "down"]


async def test_it_is_down_only_after_enough_failures(ada: User, nobody: str) -> None:
    check = await in_thread(make_check, ada, "web", nobody, retries=2)
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
    check = await in_thread(make_check, ada, "web", nobody, retries=1)
    for _time in range(2):
        collector = Collector()
        await collector.ask(check)
        await collector.ask(check)
        collector = Collector()
        await collector.ask(check)
        await in_thread(check.refresh_from_db)
        assert (check.state, check.said) == ("down", "Connection refused.")
    assert len(await in_thread(list_changes, check)) == 1


@pytest.mark.parametrize("parent_first", [True, False])
async def test_behind_a_parent_that_is_down_a_check_is_unknown(ada: User, nobody: str, parent_first: bool) -> None:
    parent = await in_thread(make_check, ada, "router", nobody)
    children = [await in_thread(make_check, ada, f"web-{n}", nobody, parent=parent) for n in range(3)]
    collector = Collector()
    await collector.ask(*([parent, *children] if parent_first else [*children, parent]))
    assert collector.value("router.up") == 0.0
    for child in children:
        await in_thread(child.refresh_from_db)
        assert (child.state, child.said) == ("unknown", "Depends on Router, which is down.")
        assert isnan(collector.value(f"{child.slug}.up"))
    assert await in_thread(CheckChange.objects.count) == 1  # the parent's: the others were unknown before


async def test_a_check_that_fails_alone_is_down(ada: User, nobody: str, somebody: str) -> None:
    parent = await in_thread(make_check, ada, "router", somebody)
    child = await in_thread(make_check, ada, "web", nobody, parent=parent)
    collector = Collector()
    await collector.ask(child)
    assert (collector.value("router.up"), collector.value("web.up")) == (1.0, 0.0)


async def test_a_command_is_a_check_too_and_what_changed_its_state_is_on_record(
    ada: User, settings: Any, tmp_path: Any
) -> None:
    settings.COMMANDS, settings.COMMAND_USER = True, "nobody"
    command = ProbeCommand(name="disk-free", argv=["sh", "-c", "echo {how:full|fine}; test {how:full|fine} = fine"])
    await in_thread(services.save_command, ada, command)
    check = await in_thread(make_check, ada, "disk", "disk-free full", "command")
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
        check = await in_thread(make_check, ada, "cert", place, "tls", options={"verify": False})
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
    collector.scheduler.update([make_plan(pk) for pk in range(60)], {})
    tasks = [collector.scheduler.start(each) for each in collector.scheduler.schedule.plans.values()]
    await reached(lambda: going == scheduler.MAX_PROBES, "all slots")
    monkeypatch.setattr(scheduler, "OVERDUE_AFTER", -1.0)
    collector.scheduler.update([make_plan(pk) for pk in range(60)], {})
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
    started.start_spread([make_plan(pk) for pk in range(30)])
    await reached(lambda: len(begun) == 30 and not started.tasks, "all of them")
    assert max(begun) - min(begun) > 0.8
    assert sorted(answer.plan.pk for answer in started.results) == list(range(30))


@pytest.mark.parametrize("count", [1, 40])
async def test_many_answers_are_kept_with_few_statements(
    ada: User, somebody: str, count: int, django_assert_max_num_queries: Any
) -> None:
    checks = [await in_thread(make_check, ada, f"web-{number}", somebody) for number in range(count)]
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


def test_a_check_that_is_not_changed_is_not_planned_again(ada: User) -> None:
    check = make_check(ada, "web", "a:1")
    first, second = storage.load_plans()[0], storage.load_plans()[0]
    assert first[0] is second[0]
    check.target = "b:2"
    check.save()
    assert storage.load_plans()[0][0].probe.target == "b:2"
    Check.objects.all().delete()
    assert storage.load_plans() == ([], {})


def test_what_cannot_be_is_refused(ada: User, ben: User, settings: Any) -> None:
    first = make_check(ada, "first", "a:1")
    second = make_check(ada, "second", "a:1", parent=first)
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
            make_check(ada, "third", "a:1", **fields)
    with pytest.raises(Refused, match="short name"):
        make_check(ada, "first", "a:1")
    with pytest.raises(Refused, match="Only admins"):
        make_check(ben, "fourth", "a:1")
    with pytest.raises(Refused, match="disabled"):
        make_check(ada, "fifth", "nothing here", "command")
    settings.COMMANDS = True
    with pytest.raises(Refused, match="no command"):
        make_check(ada, "fifth", "nothing here", "command")
