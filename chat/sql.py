"""Raw SQL of the message path, for a whole batch of messages: one parameter holds all rows as JSON.

The ORM would build an object for each row, which takes several times as long as the database itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from chat.message_validation import IncomingMessage
from chat.models import Membership, Mention, Message, Notification, Room
from chat.protocol import Sent
from myweb.prepared_queries import fetch_all_prepared


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
    card: dict[str, Any] | None = None


MESSAGE, MENTION = Message._meta.db_table, Mention._meta.db_table
MEMBERSHIP, ROOM = Membership._meta.db_table, Room._meta.db_table
NOTIFICATION = Notification._meta.db_table


def unpack_rows(columns: str) -> dict[str, str]:
    """The parameter as a table called ``given``, in the SQL of each database."""
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
    f"replied.author_id, replied.id, replied.card->>'kind' FROM {given} "
    f"LEFT JOIN {MEMBERSHIP} member ON member.room_id = room AND member.user_id = author AND member.active "
    f"LEFT JOIN {MESSAGE} known ON known.room_id = room AND known.author_id = author AND known.client_id = client "
    f"LEFT JOIN {MESSAGE} replied ON replied.room_id = room AND replied.seq = reply AND replied.deleted_at IS NULL "
    "ORDER BY number"
    for vendor, given in unpack_rows("number int, room bigint, author bigint, client uuid, reply bigint").items()
}
MESSAGE_VALUES = (
    "room bigint, author bigint, client uuid, seq bigint, rev bigint, body text, html text, at timestamptz, "
    "reply bigint, reply_author bigint"
)


def make_insert(card_column: str, card_value: str) -> dict[str, str]:
    return {
        vendor: f"INSERT INTO {MESSAGE} (room_id, author_id, client_id, seq, rev, body, html, created_at, "
        f"reply_seq, reply_author_id{card_column}) "
        f"SELECT room, author, client, seq, rev, body, html, at, reply, reply_author{card_column} FROM {given} "
        "WHERE true RETURNING room_id, seq, id"
        for vendor, given in unpack_rows(f"{MESSAGE_VALUES}{card_value}").items()
    }


INSERT = make_insert("", "")
INSERT_CARDS = make_insert(", card", ", card jsonb")  # cards are rare: other messages do without the column
UPDATE_COUNTERS = {
    vendor: f"UPDATE {ROOM} SET seq = given.seq, rev = given.rev FROM {given} WHERE {ROOM}.id = given.id"
    for vendor, given in unpack_rows("id bigint, seq bigint, rev bigint").items()
}

NEWEST_MESSAGE = f"SELECT max(id) FROM {MESSAGE}"
OTHERS = f"FROM {MESSAGE} message WHERE message.author_id <> member.user_id AND "
HAS_NEWS = f"{ROOM}.seq > member.last_read"  # in most rooms there are none to be counted
SIDEBAR_ROWS = {
    vendor: f"SELECT member.user_id, member.room_id, {ROOM}.kind, {ROOM}.name, {ROOM}.seq, "
    f"{ROOM}.archived_at IS NOT NULL, member.favourite, member.level, member.muted_until, member.last_read, "
    f"CASE WHEN {HAS_NEWS} THEN (SELECT count(*) FROM (SELECT 1 {OTHERS} message.room_id = member.room_id "
    "AND message.seq > member.last_read AND message.deleted_at IS NULL LIMIT %s) AS unread) ELSE 0 END, "
    f"CASE WHEN {HAS_NEWS} THEN (SELECT count(*) FROM (SELECT 1 FROM {MENTION} mention "
    "WHERE mention.user_id = member.user_id AND mention.room_id = member.room_id AND mention.seq > member.last_read "
    f"AND EXISTS (SELECT 1 {OTHERS} message.id = mention.message_id) LIMIT %s) AS mentions) ELSE 0 END, "
    "told.seq, told.is_urgent "
    f"FROM {given} JOIN {MEMBERSHIP} member ON member.user_id = given.person "
    f"AND (given.room IS NULL OR member.room_id = given.room) JOIN {ROOM} ON {ROOM}.id = member.room_id "
    f"LEFT JOIN {NOTIFICATION} told ON told.user_id = member.user_id AND told.room_id = member.room_id "
    "AND told.told_at IS NOT NULL AND told.in_tab AND told.seq > member.last_read "
    f"WHERE member.active ORDER BY {ROOM}.name, {ROOM}.id"
    for vendor, given in unpack_rows("person bigint, room bigint").items()
}

Statement = tuple[Mapping[str, str], Iterable[Mapping[str, object]]]


class RepliedMessage(NamedTuple):
    """The message that a new message answers."""

    author_id: int
    message_id: int
    card_kind: str | None


class SendCheck(NamedTuple):
    is_member: bool
    known: Sent | None  # the same message, stored earlier
    replied: RepliedMessage | None


def lock_and_check(messages: Sequence[IncomingMessage]) -> tuple[list[Room], list[SendCheck]]:
    """Locks the rooms of the messages. Returns them, and a check for each message.

    The checks stay true until the commit: under the lock no member is removed and no message is sent.
    """
    room_rows, check_rows = run_statements(
        (LOCK, [{"id": room_id} for room_id in {message.room_id for message in messages}]),
        (
            CHECK,
            [
                {
                    "number": number,
                    "room": message.room_id,
                    "author": message.author_id,
                    "client": message.client_id.hex,
                    "reply": message.reply,
                }
                for number, message in enumerate(messages)
            ],
        ),
    )
    rooms = [Room.from_db("default", COLUMNS, row) for row in room_rows]
    return rooms, [
        SendCheck(bool(row[0]), Sent(*row[1:4]) if row[1] else None, RepliedMessage(*row[4:7]) if row[5] else None)
        for row in check_rows
    ]


def insert_messages(rows: Sequence[MessageRow], rooms: Iterable[Room]) -> dict[tuple[int, int], int]:
    """Stores messages and the counters of their rooms. Returns (room, seq) -> id of each message."""
    messages: list[dict[str, Any]] = [
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
            "reply_author": row.reply_author_id,
        }
        for row in rows
    ]
    insert = INSERT
    if any(row.card is not None for row in rows):
        insert = INSERT_CARDS
        for message, row in zip(messages, rows, strict=True):
            message["card"] = row.card
    counters = [{"id": room.pk, "seq": room.seq, "rev": room.rev} for room in rooms]
    inserted, _nothing = run_statements((insert, messages), (UPDATE_COUNTERS, counters))
    return {(room_id, seq): message_id for room_id, seq, message_id in inserted}


def read_newest_message() -> int:
    """Its id. Workers ask it several times a second, so without the cursor of Django, which costs twice as much."""
    connection.ensure_connection()
    driver: Any = connection.connection
    with connection.wrap_database_errors:
        (newest,) = driver.execute(NEWEST_MESSAGE).fetchone()
    return int(newest or 0)


class SidebarRow(NamedTuple):
    """A room as one of its members sees it in a list."""

    user_id: int
    room_id: int
    kind: str
    name: str
    seq: int
    archived: bool
    favourite: bool
    level: str
    muted_until: int
    last_read: int
    unread: int
    mentions: int
    told: int | None  # the seq of the message that they were notified of and have not read
    urgent: bool | None


def make_sidebar_statement(wanted: Iterable[tuple[int, int | None]], limit: int) -> tuple[str, list[Any]]:
    """For the rows of (user, room), or of all rooms of a user where the room is None.

    Each row is a :class:`SidebarRow`. Unread counts stop at ``limit``.
    """
    pairs = [{"person": user_id, "room": room_id} for user_id, room_id in wanted]
    return SIDEBAR_ROWS[connection.vendor], [limit, limit, msgspec.json.encode(pairs).decode()]


MAX_PREPARED_ROWS = 20  # in one statement; a storm of more is stored a third faster with the rows in the text


def run_statements(*statements: Statement) -> list[list[Any]]:
    """The rows of each statement. PostgreSQL gets all in one trip; each sees the commits before its own start."""
    given = [(sql[connection.vendor], list(rows)) for sql, rows in statements]
    texts = [(sql, [msgspec.json.encode(rows).decode()]) for sql, rows in given]
    if connection.vendor != "postgresql" or max(len(rows) for _sql, rows in given) <= MAX_PREPARED_ROWS:
        return fetch_all_prepared(*texts)
    with connection.cursor() as cursor:
        cursor.execute("; ".join(sql for sql, _values in texts), [value for _sql, values in texts for value in values])
        results = []
        while True:
            results.append(cursor.fetchall() if cursor.description else [])
            if not cursor.nextset():
                return results
