"""Raw SQL: every snapshot and page of a room asks for the files of its messages, and nearly always there are none."""

from collections.abc import Iterable
from uuid import UUID

import msgspec
from django.db import connection

from chat.protocol import FileState
from chat.sql import unpack_rows
from files.models import File
from myweb.prepared_queries import fetch_prepared

FIELDS = ("id", "name", "size", "kind", "state", "type", "width", "height", "seconds", "lines", "tiny", "reason")
TABLE = File._meta.db_table
STATES = {
    vendor: f"SELECT message_id, {', '.join(FIELDS)} FROM {TABLE} "  # noqa: S608 - names of this module
    f"WHERE message_id IN (SELECT given.id FROM {given}) ORDER BY message_id, position"
    for vendor, given in unpack_rows("id bigint").items()
}


def read_file_states(message_ids: Iterable[int]) -> dict[int, list[FileState]]:
    """By message; those without files are left out."""
    given = msgspec.json.encode([{"id": message_id} for message_id in message_ids]).decode()
    states: dict[int, list[FileState]] = {}
    for message_id, file_id, *values in fetch_prepared(STATES[connection.vendor], [given]):
        states.setdefault(message_id, []).append(FileState(str(UUID(str(file_id))), *values))
    return states
