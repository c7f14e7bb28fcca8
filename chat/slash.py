"""What can be done from the writing box: ``/chart cpu 1h``. Each app registers its own commands."""

from collections.abc import Callable
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat import access
from chat.drafts import check_characters
from chat.models import Room
from realtime.protocol import Refused

LONGEST = 2_000  # characters


class Asked(NamedTuple):
    by: User
    room: Room  # of theirs
    words: str  # what stands behind the command's name
    client_id: str  # the same for the same text sent again


Doing = Callable[[Asked], "str | Promise | None"]  # what it returns is said to the one who asked


class Slash(NamedTuple):
    name: str
    usage: str  # "cpu 1h"
    summary: "str | Promise"
    do: Doing


known: dict[str, Slash] = {}


def slash(name: str, usage: str, summary: "str | Promise") -> Callable[[Doing], Doing]:
    """Registers a command. It refuses with :class:`~realtime.protocol.Refused`."""

    def register(do: Doing) -> Doing:
        known[name] = Slash(name, usage, summary, do)
        return do

    return register


def listed() -> list[dict[str, str]]:
    """What the writing box offers, in the active language."""
    return [
        {"name": each.name, "usage": each.usage, "summary": str(each.summary)} for _name, each in sorted(known.items())
    ]


@slash("help", "", _("List the commands"))
def help_(asked: Asked) -> str:
    return "\n".join(f"/{each['name']} {each['usage']}".strip() + f" – {each['summary']}" for each in listed())


def run(by: User, room_id: int, client_id: str, text: str) -> str:
    room = access.get_room(by, room_id)
    if room.archived_at:
        raise Refused("forbidden", _("This room is archived and read-only."))
    if len(text) > LONGEST:
        raise Refused("too_long", _("A command can have at most %(limit)d characters.") % {"limit": LONGEST})
    check_characters(text)
    name, _space, words = text.removeprefix("/").strip().partition(" ")
    command = known.get(name.lower())
    if command is None:
        names = ", ".join(f"/{each}" for each in sorted(known)) or "–"
        raise Refused(
            "invalid",
            _("There is no command /%(name)s. Available: %(names)s. To send it as text, begin with //.")
            % {"name": name, "names": names},
        )
    return str(command.do(Asked(by, room, words.strip(), client_id)) or "")
