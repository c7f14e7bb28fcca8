"""What can be done from the writing box: ``/chart cpu 1h``. Each app registers its own commands."""

from collections.abc import Callable
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat import access
from chat.incoming import check_characters
from chat.models import Room
from myweb.errors import Refused

MAX_COMMAND_LENGTH = 2_000  # characters


class SlashRequest(NamedTuple):
    by: User
    room: Room  # of theirs
    words: str  # what stands behind the command's name
    client_id: str  # the same for the same text sent again


SlashHandler = Callable[[SlashRequest], "str | Promise | None"]  # what it returns is said to the one who asked


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
    """What the writing box offers, in the active language."""
    return [
        {"name": each.name, "usage": each.usage, "summary": str(each.summary)}
        for _name, each in sorted(slash_commands.items())
    ]


@slash_command("help", "", _("Say which commands there are"))
def show_help(asked: SlashRequest) -> str:
    return "\n".join(
        f"/{each['name']} {each['usage']}".strip() + f" – {each['summary']}" for each in list_slash_commands()
    )


def run_slash_command(by: User, room_id: int, client_id: str, text: str) -> str:
    room = access.get_room(by, room_id)
    if room.archived_at:
        raise Refused("forbidden", _("This room is archived: it can be read, not written to."))
    if len(text) > MAX_COMMAND_LENGTH:
        raise Refused("too_long", _("A command has at most %(limit)d characters.") % {"limit": MAX_COMMAND_LENGTH})
    check_characters(text)
    name, _space, words = text.removeprefix("/").strip().partition(" ")
    command = slash_commands.get(name.lower())
    if command is None:
        names = ", ".join(f"/{each}" for each in sorted(slash_commands)) or "–"
        raise Refused(
            "invalid",
            _("There is no command /%(name)s. There are: %(names)s. To say it as it is, begin with //.")
            % {"name": name, "names": names},
        )
    return str(command.do(SlashRequest(by, room, words.strip(), client_id)) or "")
