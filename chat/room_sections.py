"""What other apps add to the settings of a room. Each adds a function to ``room_sections`` in its AppConfig."""

from collections.abc import Callable
from typing import NamedTuple

from accounts.models import User
from chat.models import Room


class RoomSection(NamedTuple):
    template: str
    context: dict[str, object]  # in the template as ``section``


room_sections: list[Callable[[User, Room], RoomSection | None]] = []  # None: the user has nothing to change there


def list_room_sections(user: User, room: Room) -> list[RoomSection]:
    sections = (read_section(user, room) for read_section in room_sections)
    return [section for section in sections if section]
