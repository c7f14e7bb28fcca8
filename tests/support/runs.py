"""Commands that are offered in a room, and run there."""

from typing import Any
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from chat import slash
from chat.models import Room
from monitor.checks import services as checks
from monitor.checks import slash as verbs
from monitor.checks.models import ProbeCommand, ProbeRun

assert verbs  # imported for the commands that it registers

STORY = "echo one; echo two >&2; echo three; exit 3"


@pytest.fixture(autouse=True)
def somebody(settings: Settings) -> None:
    settings.COMMANDS, settings.COMMAND_USER = True, "nobody"


def offer(by: User, name: str, *argv: str, room: Room | None = None, **fields: Any) -> ProbeCommand:
    who = ProbeCommand.Who.MEMBERS if room else ProbeCommand.Who.ADMINS
    command = ProbeCommand(name=name, argv=list(argv), room=room, **{"who": who, **fields})
    checks.save_command(by, command)
    return command


def say(by: User, room: Room, text: str) -> str:
    return slash.run_slash_command(by, room.pk, str(uuid4()), text)


def records() -> list[tuple[str, str]]:
    return list(ProbeRun.objects.order_by("pk").values_list("words", "status"))
