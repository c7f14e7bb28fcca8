"""The rooms of a list, read by one statement: the ORM would build a model for each of a thousand."""

from typing import NamedTuple

from chat.models import Membership, Room
from myweb.prepared_queries import fetch_prepared

ROOM, MEMBERSHIP = Room._meta.db_table, Membership._meta.db_table
LISTED_ROOMS = (
    f"SELECT {ROOM}.id, {ROOM}.kind, {ROOM}.name, {ROOM}.description, {ROOM}.archived_at IS NOT NULL, "
    f"mine.id IS NOT NULL, (SELECT count(*) FROM {MEMBERSHIP} member "
    f"WHERE member.room_id = {ROOM}.id AND member.active) "
    f"FROM {ROOM} LEFT JOIN {MEMBERSHIP} mine ON mine.room_id = {ROOM}.id AND mine.user_id = %s AND mine.active "
    f"WHERE mine.id IS NOT NULL OR ({ROOM}.kind = 'open' AND {ROOM}.archived_at IS NULL) "
    f"ORDER BY {ROOM}.name, {ROOM}.id"
)


class ListedRoom(NamedTuple):
    """A room that a user is in or may join."""

    id: int
    kind: str
    name: str
    description: str
    archived: bool
    inside: bool
    members: int


def read_listed_rooms(user_id: int) -> list[ListedRoom]:
    return [ListedRoom(*row) for row in fetch_prepared(LISTED_ROOMS, [user_id])]
