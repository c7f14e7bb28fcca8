"""Who may write commands: owners, once the operator has switched commands on. Admins who are not owners never."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import Room
from monitor.checks import services
from monitor.checks.models import Check, ProbeCommand, ProbeRun
from monitor.checks.probes import make_probe, run_probe
from monitor.checks.subprocesses import run_program
from myweb import settings as configured
from myweb.errors import Refused
from myweb.network_policy import Reach
from realtime.database import in_thread
from tests.support.cast import as_
from tests.support.runs import offer, say, somebody

__all__ = ["somebody"]
pytestmark = pytest.mark.django_db(transaction=True)

COMMAND = {"name": "mine", "argv": "id", "timeout": 9, "who": "admins"}
CHECK = {"name": "Mine", "target": "uptime", "interval": 30, "retries": 1}


@pytest.fixture
def uptime(ada: User, room: Room) -> ProbeCommand:
    return offer(ada, "uptime", "uptime", room=room)


def test_commands_are_off_until_the_operator_switches_them_on() -> None:
    assert configured.COMMANDS is False


def requests() -> list[tuple[str, dict[str, Any]]]:
    """Every address by which a command, or a check that runs one, is written."""
    new = f"{reverse('check_new')}?kind=command"
    return [
        (reverse("command_new"), COMMAND),
        (reverse("command_edit", args=["uptime"]), COMMAND),
        (reverse("command_delete", args=["uptime"]), {}),
        (new, CHECK),
        (new, CHECK | {"try": ""}),
        (reverse("check_edit", args=["load"]), CHECK | {"slug": "load"}),
        (reverse("check_edit", args=["load"]), CHECK | {"slug": "load", "try": ""}),
    ]


def make_check(by: User, kind: str = "command", target: str = "uptime") -> Check:
    check = Check(name="Load", slug="load")
    services.save_check(by, check, make_probe(kind, target))
    return check


def test_an_admin_who_is_no_owner_writes_no_command_and_no_check_that_runs_one(
    ada: User, dora: User, uptime: ProbeCommand
) -> None:
    make_check(ada)
    client = as_(dora)
    for address, form in requests():
        assert client.get(address).status_code in {404, 405}, address
        assert client.post(address, form).status_code == 404, address
    assert [command.argv for command in ProbeCommand.objects.all()] == [["uptime"]]
    assert Check.objects.get().name == "Load"
    assert not ProbeRun.objects.exists()


def test_no_service_lets_an_admin_write_one_either(ada: User, dora: User, uptime: ProbeCommand) -> None:
    check = make_check(ada)
    uptime.argv = ["id"]
    with pytest.raises(Refused, match="Only owners"):
        services.save_command(dora, uptime)
    with pytest.raises(Refused, match="Only owners"):
        services.delete_command(dora, uptime)
    with pytest.raises(Refused, match="Only owners"):
        make_check(dora)
    with pytest.raises(Refused, match="Only owners"):
        services.save_check(dora, check, make_probe("tcp", "a:1"))


def test_a_check_of_another_kind_does_not_become_one_that_runs_a_command(
    ada: User, dora: User, uptime: ProbeCommand
) -> None:
    check = make_check(dora, "tcp", "a:1")
    with pytest.raises(Refused, match="Only owners"):
        services.save_check(dora, check, make_probe("command", "uptime"))


def test_an_admin_is_offered_none_of_it(ada: User, dora: User, uptime: ProbeCommand) -> None:
    make_check(ada)
    client = as_(dora)
    page = client.get(reverse("commands")).content.decode()
    assert "Only owners can write commands." in page
    assert reverse("command_new") not in page
    assert reverse("command_edit", args=["uptime"]) not in page
    assert "kind=command" not in client.get(reverse("checks")).content.decode()
    assert reverse("check_edit", args=["load"]) not in client.get(reverse("check", args=["load"])).content.decode()


async def test_nothing_is_run_while_commands_are_switched_off(
    settings: Settings, ada: User, room: Room, uptime: ProbeCommand
) -> None:
    settings.COMMANDS = False
    for text in ("/run", "/run uptime"):
        with pytest.raises(Refused, match="disabled"):
            await in_thread(say, ada, room, text)
    with pytest.raises(Refused, match="disabled"):
        await run_program(["uptime"], 5)
    probe = make_probe("command", "uptime")
    await in_thread(probe.prepare)
    result = await run_probe(probe, 5, Reach.EVERYWHERE)
    assert (result.ok, result.message) == (None, "Commands are disabled on this server.")
    with pytest.raises(CommandError, match="disabled"):
        await in_thread(call_command, "run-command", "uptime")


def test_while_they_are_off_an_owner_may_only_delete(settings: Settings, ada: User, uptime: ProbeCommand) -> None:
    settings.COMMANDS = False
    client = as_(ada)
    page = client.get(reverse("commands")).content.decode()
    assert "MYWEB_COMMANDS=yes" in page
    assert client.post(reverse("command_new"), COMMAND).status_code == 404
    assert b"disabled" in client.post(reverse("command_edit", args=["uptime"]), COMMAND).content
    assert client.post(reverse("command_delete", args=["uptime"])).status_code == 302
    assert not ProbeCommand.objects.exists()
