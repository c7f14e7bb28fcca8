"""The statements that every message costs, for a whole batch of them: one parameter holds all rows as JSON.

The ORM would build and read an object a row, several times slower than the database itself works.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from chat.incoming import IncomingMessage
from chat.models import Membership, Mention, Message, Room
from chat.protocol import Sent
from myweb.compiled import ask


class MessageRow(NamedTuple):
    room_id: int
    author_id: int
    client_id: UUID
    seq: int
    rev: int
    body: str
    html: str
    created_at: datetime  # UTC
    reply_seq: int | None = None
    reply_author_id: int | None = None


MESSAGE, MENTION = Message._meta.db_table, Mention._meta.db_table
MEMBERSHIP, ROOM = Membership._meta.db_table, Room._meta.db_table


def unpack_rows(columns: str) -> dict[str, str]:
    """The parameter as a table called ``given``, in either database's words."""
    names = [column.split()[0] for column in columns.split(", ")]
    sqlite = ", ".join(f"value->>'{name}' AS {name}" for name in names)
    return {
        "postgresql": f"json_to_recordset(%s) AS given ({columns})",
        "sqlite": f"(SELECT {sqlite} FROM json_each(%s)) AS given",
    }


COLUMNS = [field.attname for field in Room._meta.concrete_fields]
FOR_UPDATE = {"postgresql": " FOR UPDATE", "sqlite": ""}  # SQLite's transactions lock everything when they begin

LOCK = {
    vendor: f"SELECT {', '.join(f'{ROOM}.{name}' for name in COLUMNS)} FROM {ROOM} "
    f"WHERE id IN (SELECT given.id FROM {given}) ORDER BY id{FOR_UPDATE[vendor]}"
    for vendor, given in unpack_rows("id bigint").items()
}
CHECK = {
    vendor: f"SELECT member.id IS NOT NULL, known.id, known.seq, known.rev, "
    f"answered.author_id, answered.id, answered.card->>'kind' FROM {given} "
    f"LEFT JOIN {MEMBERSHIP} member ON member.room_id = room AND member.user_id = author AND member.active "
    f"LEFT JOIN {MESSAGE} known ON known.room_id = room AND known.author_id = author AND known.client_id = client "
    f"LEFT JOIN {MESSAGE} answered ON answered.room_id = room AND answered.seq = reply AND answered.deleted_at IS NULL "
    "ORDER BY number"
    for vendor, given in unpack_rows("number int, room bigint, author bigint, client uuid, reply bigint").items()
}
INSERT = {
    vendor: f"INSERT INTO {MESSAGE} (room_id, author_id, client_id, seq, rev, body, html, created_at, "
    "reply_seq, reply_author_id) "
    f"SELECT room, author, client, seq, rev, body, html, at, reply, answered FROM {given} WHERE true "
    "RETURNING room_id, seq, id"
    for vendor, given in unpack_rows(
        "room bigint, author bigint, client uuid, seq bigint, rev bigint, body text, html text, at timestamptz, "
        "reply bigint, answered bigint"
    ).items()
}
UPDATE_COUNTERS = {
    vendor: f"UPDATE {ROOM} SET seq = given.seq, rev = given.rev FROM {given} WHERE {ROOM}.id = given.id"
    for vendor, given in unpack_rows("id bigint, seq bigint, rev bigint").items()
}

OTHERS = f"FROM {MESSAGE} message WHERE message.author_id <> member.user_id AND "
SIDEBAR_ROWS = {
    vendor: f"SELECT member.user_id, member.room_id, {ROOM}.kind, {ROOM}.name, {ROOM}.seq, "
    f"{ROOM}.archived_at IS NOT NULL, member.last_read, "
    f"(SELECT count(*) FROM (SELECT 1 {OTHERS} message.room_id = member.room_id AND message.seq > member.last_read "
    "AND message.deleted_at IS NULL LIMIT %s) AS unread), "
    f"(SELECT count(*) FROM (SELECT 1 FROM {MENTION} mention WHERE mention.user_id = member.user_id "
    "AND mention.room_id = member.room_id AND mention.seq > member.last_read "
    f"AND EXISTS (SELECT 1 {OTHERS} message.id = mention.message_id) LIMIT %s) AS mentions) "
    f"FROM {given} JOIN {MEMBERSHIP} member ON member.user_id = given.person "
    f"AND (given.room IS NULL OR member.room_id = given.room) JOIN {ROOM} ON {ROOM}.id = member.room_id "
    f"WHERE member.active ORDER BY {ROOM}.name, {ROOM}.id"
    for vendor, given in unpack_rows("person bigint, room bigint").items()
}

Statement = tuple[Mapping[str, str], Iterable[Mapping[str, object]]]


class RepliedMessage(NamedTuple):
    """The message that a draft answers."""

    author_id: int
    message_id: int
    card_kind: str | None


class SendCheck(NamedTuple):
    is_member: bool
    known: Sent | None  # the message that the draft is already
    answered: RepliedMessage | None


def lock_and_check(drafts: Sequence[IncomingMessage]) -> tuple[list[Room], list[SendCheck]]:
    """The drafts' rooms, locked, and a verdict for each draft.

    What is asked under the lock stays so: nobody is removed and nothing is sent in between.
    """
    found, verdicts = run_statements(
        (LOCK, [{"id": room_id} for room_id in {draft.room_id for draft in drafts}]),
        (
            CHECK,
            [
                {
                    "number": number,
                    "room": draft.room_id,
                    "author": draft.author_id,
                    "client": draft.client_id.hex,
                    "reply": draft.reply,
                }
                for number, draft in enumerate(drafts)
            ],
        ),
    )
    rooms = [Room.from_db("default", COLUMNS, row) for row in found]
    return rooms, [
        SendCheck(bool(row[0]), Sent(*row[1:4]) if row[1] else None, RepliedMessage(*row[4:7]) if row[5] else None)
        for row in verdicts
    ]


def insert_messages(rows: Iterable[MessageRow], rooms: Iterable[Room]) -> dict[tuple[int, int], int]:
    """Stores messages, and how far their rooms are; (room, seq) -> id of each message."""
    messages = [
        {
            "room": row.room_id,
            "author": row.author_id,
            "client": row.client_id.hex,
            "seq": row.seq,
            "rev": row.rev,
            "body": row.body,
            "html": row.html,
            "at": row.created_at.strftime("%Y-%m-%d %H:%M:%S.%f"),  # the connection's time zone is UTC
            "reply": row.reply_seq,
            "answered": row.reply_author_id,
        }
        for row in rows
    ]
    counts = [{"id": room.pk, "seq": room.seq, "rev": room.rev} for room in rooms]
    stored, _nothing = run_statements((INSERT, messages), (UPDATE_COUNTERS, counts))
    return {(room_id, seq): number for room_id, seq, number in stored}


class SidebarRow(NamedTuple):
    """A room as one of its members sees it in a list."""

    user_id: int
    room_id: int
    kind: str
    name: str
    seq: int
    archived: bool
    last_read: int
    unread: int
    mentions: int


def read_sidebar_rows(wanted: Iterable[tuple[int, int | None]], limit: int) -> list[SidebarRow]:
    """Of (person, room), or of all rooms of a person where the room is None. What is unread counts up to ``limit``."""
    given = [{"person": user_id, "room": room_id} for user_id, room_id in wanted]
    found = ask(SIDEBAR_ROWS[connection.vendor], [limit, limit, msgspec.json.encode(given).decode()])
    return [SidebarRow(*row) for row in found]


def run_statements(*statements: Statement) -> list[list[Any]]:
    """The rows of each. PostgreSQL takes all in one trip, each with a look of its own at what others have committed."""
    words = [sql[connection.vendor] for sql, _rows in statements]
    given = [msgspec.json.encode(list(rows)).decode() for _sql, rows in statements]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return [cursor.execute(sql, [rows]).fetchall() for sql, rows in zip(words, given, strict=True)]
        cursor.execute("; ".join(words), given)
        results = []
        while True:
            results.append(cursor.fetchall() if cursor.description else [])
            if not cursor.nextset():
                return results
