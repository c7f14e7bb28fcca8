"""Slash commands, such as ``/chart cpu 1h``. Each app registers its own."""

from collections.abc import Callable
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat import access
from chat.message_validation import check_characters
from chat.models import Room
from myweb.errors import Refused

MAX_COMMAND_LENGTH = 2_000  # characters


class SlashRequest(NamedTuple):
    by: User
    room: Room  # of the user
    words: str  # the text behind the command's name
    client_id: str  # the same for the same text sent again


SlashHandler = Callable[[SlashRequest], "str | Promise | None"]  # the text is shown to the user


class SlashCommand(NamedTuple):
    name: str
    usage: str  # "cpu 1h"
    summary: "str | Promise"
    do: SlashHandler


slash_commands: dict[str, SlashCommand] = {}


def slash_command(name: str, usage: str, summary: "str | Promise") -> Callable[[SlashHandler], SlashHandler]:
    """Registers a command. It refuses with :class:`~myweb.errors.Refused`."""

    def register(do: SlashHandler) -> SlashHandler:
        slash_commands[name] = SlashCommand(name, usage, summary, do)
        return do

    return register


def list_slash_commands() -> list[dict[str, str]]:
    """The commands that the composer offers, in the active language."""
    return [
        {"name": command.name, "usage": command.usage, "summary": str(command.summary)}
        for _name, command in sorted(slash_commands.items())
    ]


@slash_command("help", "", _("List the commands"))
def show_help(request: SlashRequest) -> str:
    return "\n".join(
        f"/{command['name']} {command['usage']}".strip() + f" – {command['summary']}"
        for command in list_slash_commands()
    )


def run_slash_command(by: User, room_id: int, client_id: str, text: str) -> str:
    room = access.get_room(by, room_id)
    if room.archived_at:
        raise Refused("forbidden", _("This room is archived and read-only."))
    if len(text) > MAX_COMMAND_LENGTH:
        raise Refused("too_long", _("A command can have at most %(limit)d characters.") % {"limit": MAX_COMMAND_LENGTH})
    check_characters(text)
    name, _space, words = text.removeprefix("/").strip().partition(" ")
    command = slash_commands.get(name.lower())
    if command is None:
        names = ", ".join(f"/{known}" for known in sorted(slash_commands)) or "–"
        raise Refused(
            "invalid",
            _("There is no command /%(name)s. Available: %(names)s. To send it as text, begin with //.")
            % {"name": name, "names": names},
        )
    return str(command.do(SlashRequest(by, room, words.strip(), client_id)) or "")
