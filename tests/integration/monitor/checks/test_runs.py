"""``/probe`` and ``/run`` in a room: cards that change as it goes, to their end."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from chat import message_services
from chat.models import Message, Room
from monitor.checks import run_queue
from monitor.checks import services as checks
from monitor.checks.models import ProbeRun
from monitor.checks.run_queue import RunQueue
from realtime.database import in_thread
from tests.conftest import Connect
from tests.support import machines
from tests.support.runs import STORY, offer, records, say, somebody
from tests.support.wire import Tab, reached

__all__ = ["somebody"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def somewhere() -> Iterator[str]:
    with machines.saying(b"") as place:
        yield place


class RunnerDriver:
    """The collector's side, second by second, by hand."""

    def __init__(self) -> None:
        self.queue = RunQueue(in_thread)

    async def second(self) -> None:
        await self.queue.poll()

    async def all_done(self) -> None:
        await self.second()
        await reached(lambda: not self.queue.stops, "the end of all runs")


def cards(tab: Tab, room: Room) -> list[dict[str, Any]]:
    return [state["card"] for state in tab.data(f"room.{room.pk}", "message.created") if state.get("card")]


async def ask(tab: Tab, room: Room, text: str) -> Any:
    return await tab.ok("slash.run", room=room.pk, client_id=str(uuid4()), text=text)


async def test_a_run_is_seen_from_the_queue_to_its_end(connect: Connect, room: Room, ada: User, ben: User) -> None:
    await in_thread(offer, ada, "story", "sh", "-c", STORY, room=room)
    tab, driver = await connect(ben), RunnerDriver()
    await tab.follow(f"room.{room.pk}")
    await ask(tab, room, "/run story")
    await tab.until(lambda: cards(tab, room), "the card")
    assert (cards(tab, room)[0]["kind"], cards(tab, room)[0]["status"]) == ("run", "queued")
    await driver.all_done()
    await tab.until(lambda: cards(tab, room)[-1]["status"] == "done", "the end")
    last = cards(tab, room)[-1]
    assert sorted(last["lines"]) == [[0, "one"], [0, "three"], [1, "two"]]
    assert (last["exit_code"], last["ok"], last["by"], last["command"]) == (3, False, ben.pk, "story")
    assert "running" in [each["status"] for each in cards(tab, room)]
    run = await in_thread(ProbeRun.objects.get)
    assert (run.by_id, run.room_id, run.argv, run.stderr) == (ben.pk, room.pk, ["sh", "-c", STORY], "two")


async def test_lines_come_while_it_runs_and_it_can_be_stopped(
    connect: Connect, room: Room, ada: User, ben: User
) -> None:
    await in_thread(offer, ada, "slow", "sh", "-c", "echo begun; sleep 60", room=room)
    tab, driver = await connect(ben), RunnerDriver()
    await tab.follow(f"room.{room.pk}")
    await ask(tab, room, "/run slow")
    await tab.until(lambda: cards(tab, room), "the card")
    await driver.second()
    await tab.until(lambda: cards(tab, room)[-1].get("lines"), "the first line")
    assert cards(tab, room)[-1]["status"] == "running"
    await tab.ok("run.stop", run=cards(tab, room)[-1]["run"])
    await driver.all_done()
    await tab.until(lambda: cards(tab, room)[-1]["status"] == "stopped", "the end")
    assert cards(tab, room)[-1]["said"].startswith("Stopped after")


async def test_what_still_waits_is_stopped_at_once(connect: Connect, room: Room, ada: User, ben: User) -> None:
    await in_thread(offer, ada, "story", "sh", "-c", STORY, room=room)
    tab, driver = await connect(ben), RunnerDriver()
    await tab.follow(f"room.{room.pk}")
    await ask(tab, room, "/run story")
    await tab.until(lambda: cards(tab, room), "the card")
    await tab.ok("run.stop", run=cards(tab, room)[-1]["run"])
    await tab.until(lambda: cards(tab, room)[-1]["status"] == "stopped", "the end")
    await driver.all_done()
    assert (await in_thread(ProbeRun.objects.get)).status == "stopped"


async def test_only_who_started_it_and_admins_stop_it(connect: Connect, room: Room, ada: User, ben: User) -> None:
    await in_thread(offer, ada, "story", "sh", "-c", STORY)
    await in_thread(say, ada, room, "/run story")
    tab = await connect(ben)
    run = await in_thread(ProbeRun.objects.get)
    assert (await tab.error("run.stop", run=run.pk))["code"] == "forbidden"
    assert (await tab.error("run.stop", run=2**70))["code"] == "not_found"


async def test_a_probe_answers_in_its_card(
    connect: Connect, room: Room, ben: User, somewhere: str, settings: Settings
) -> None:
    tab, driver = await connect(ben), RunnerDriver()
    await tab.follow(f"room.{room.pk}")
    await ask(tab, room, f"/probe tcp {somewhere}")
    await tab.until(lambda: cards(tab, room), "the card")
    assert cards(tab, room)[0]["status"] == "queued"
    settings.PROBE_PRIVATE = True
    await driver.all_done()
    await tab.until(lambda: cards(tab, room)[-1]["status"] == "done", "the answer")
    last = cards(tab, room)[-1]
    assert (last["ok"], last["probe"], last["target"]) == (True, "tcp", somewhere)
    assert last["numbers"].keys() == {"dns", "connect"}


async def test_a_probe_from_a_room_stays_outside(room: Room, ben: User, somewhere: str, settings: Settings) -> None:
    settings.PROBE_PRIVATE = False
    await in_thread(say, ben, room, f"/probe tcp {somewhere}")
    await RunnerDriver().all_done()
    run = await in_thread(ProbeRun.objects.get)
    assert (run.ok, run.said) == (False, "127.0.0.1 is a private address. Only checks by admins can access it.")


async def test_a_run_outlives_its_card_and_its_output_is_kept(room: Room, ada: User, ben: User) -> None:
    await in_thread(offer, ada, "story", "sh", "-c", STORY, room=room)
    await in_thread(say, ben, room, "/run story")
    message = await in_thread(Message.objects.get)
    await in_thread(message_services.delete_message, ben, message.pk)
    await RunnerDriver().all_done()
    run = await in_thread(ProbeRun.objects.get)
    assert (run.status, run.exit_code, len(run.lines)) == ("done", 3, 3)
    await in_thread(message.refresh_from_db)
    assert message.card is None


async def test_much_output_changes_the_card_seldom_and_shows_its_end(room: Room, ada: User, ben: User) -> None:
    await in_thread(offer, ada, "count", "sh", "-c", "seq 1 5000", room=room)
    await in_thread(say, ben, room, "/run count")
    await RunnerDriver().all_done()
    await in_thread(room.refresh_from_db)
    assert room.rev < 12
    card = (await in_thread(Message.objects.get)).card
    assert card
    assert card["lines"][-1] == [0, "5000"]
    assert len(card["lines"]) == 40
    assert card["before"] == 4960
    assert len((await in_thread(ProbeRun.objects.get)).lines) == 5000


async def test_what_waited_too_long_is_not_run(room: Room, ada: User, ben: User) -> None:
    await in_thread(offer, ada, "story", "sh", "-c", STORY, room=room)
    await in_thread(say, ben, room, "/run story")
    await in_thread(lambda: ProbeRun.objects.update(queued_at=timezone.now() - timedelta(minutes=2)))
    await RunnerDriver().all_done()
    run = await in_thread(ProbeRun.objects.get)
    assert (run.status, run.said) == ("lost", "No collector was available to run it in time.")


def test_what_ran_when_the_collector_ended_is_lost(room: Room, ben: User) -> None:
    say(ben, room, "/probe tcp 127.0.0.1:1")
    ProbeRun.objects.update(status="running")
    run_queue.mark_running_lost()
    assert records() == [("tcp 127.0.0.1:1", "lost")]
    card = Message.objects.get().card
    assert card
    assert card["status"] == "lost"


async def test_a_command_deleted_meanwhile_is_not_run(room: Room, ada: User, ben: User) -> None:
    command = await in_thread(offer, ada, "story", "sh", "-c", STORY, room=room)
    await in_thread(say, ben, room, "/run story")
    await in_thread(checks.delete_command, ada, command)
    await RunnerDriver().all_done()
    assert await in_thread(records) == [("story", "refused")]


async def test_where_nothing_may_be_run_the_card_says_so(
    room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.COMMAND_USER = ""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    await in_thread(offer, ada, "story", "sh", "-c", STORY, room=room)
    await in_thread(say, ben, room, "/run story")
    await RunnerDriver().all_done()
    run = await in_thread(ProbeRun.objects.get)
    assert run.status == "refused"
    assert "MYWEB_COMMAND_USER" in run.said
