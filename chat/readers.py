"""Readers of the rooms' logs: each finds what came after its cursor in a room, in any worker, once.

The path of a message knows nothing of them. What a reader stores is committed with its new cursor, so a worker that
dies stores both or neither, and of workers that read the same messages only one stores.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Literal, NamedTuple

from django.db import Error, transaction
from django.db.models import F, FilteredRelation, Q
from django.db.models.functions import Coalesce

from chat.models import Message, Room, RoomCursor, RoomReader
from chat.sql import read_newest_message
from myweb.failure_log import FailureLog

COMPARE_EVERY = 10.0  # seconds: all rooms are compared with their cursors
RETRY_AFTER = 30.0  # seconds, for a room whose messages a reader fails on
MAX_ROOMS = 500  # at once

failures = FailureLog(logging.getLogger(__name__))


class Reading(NamedTuple):
    """What a reader found in a room."""

    position: int  # up to which it has read
    store: Callable[[], object] | None = None  # runs in the transaction that moves the cursor


class Reader(NamedTuple):
    name: str
    counts: Literal["seq", "rev"]  # new messages; every change of a message
    read: Callable[[Room, int], Reading]  # what is after a position; it may leave the rest for the next time
    reads_history: bool = False  # begins with the first message of each room when it is new, not with the next one


class Move(NamedTuple):
    """Of a cursor."""

    room_id: int
    origin: int
    position: int


class RoomReaders:
    """The readers in one worker."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self.readers = readers
        self.is_started = False
        self.compared_at = -1e9
        self.newest: deque[int] = deque(maxlen=2)  # id of the newest message at the last looks
        self.has_stored = False  # at the last look
        self.unfinished: set[int] = set()  # rooms in which a reader left something for the next time
        self.failed: dict[tuple[str, int], float] = {}  # (reader, room): when it is tried again

    def read_news(self) -> bool:
        """Reads what is new in all rooms. True if it is to be called again at once."""
        self.has_stored = False
        try:
            if not self.is_started:
                for reader in self.readers:
                    start_reader(reader)
                self.is_started = True
            rooms = self.find_rooms_with_news()
            for reader in self.readers:
                self.read_rooms(reader, rooms)
        except Error:
            self.is_started, self.compared_at = False, -1e9  # it may be another database now
            raise
        return bool(self.unfinished)

    def find_rooms_with_news(self) -> Collection[int] | None:
        """None: any of them.

        Messages need not be committed in the order of their ids, so those of the last look are looked at again.
        """
        newest = read_newest_message()
        since = self.newest[0] if self.newest else newest
        self.newest.append(newest)
        unfinished, self.unfinished = self.unfinished, set()
        if time.monotonic() - self.compared_at >= COMPARE_EVERY:
            self.compared_at = time.monotonic()
            return None
        if since >= newest:
            return unfinished
        news = Message.objects.filter(pk__gt=since).order_by().values_list("room_id", flat=True).distinct()
        return unfinished | set(news)

    def read_rooms(self, reader: Reader, rooms: Collection[int] | None) -> None:
        behind = find_rooms_behind(reader, rooms)
        if len(behind) == MAX_ROOMS:
            self.compared_at = -1e9  # there are more
        moves: list[Move] = []
        for room in behind:
            if time.monotonic() < self.failed.get((reader.name, room.pk), 0.0):
                continue
            reading = self.try_read(reader, room)
            if not reading:
                continue
            move = Move(room.pk, get_position(room), reading.position)
            if reading.position < getattr(room, reader.counts):
                self.unfinished.add(room.pk)
            if reading.store:
                self.has_stored |= store_reading(reader, move, reading.store)
            else:
                moves.append(move)
        if moves:
            move_cursors(reader, moves)

    def try_read(self, reader: Reader, room: Room) -> Reading | None:
        """None if it failed: then the other rooms go on."""
        key, name = (reader.name, room.pk), f"Reading room {room.pk} for {reader.name}"
        try:
            reading = reader.read(room, get_position(room))
        except Error:
            raise
        except Exception as error:
            failures.record_failure(name, error, exc_info=True)
            self.failed[key] = time.monotonic() + RETRY_AFTER
            return None
        failures.record_success(name)
        self.failed.pop(key, None)
        return reading


@transaction.atomic
def start_reader(reader: Reader) -> None:
    """A reader that is new begins at the present, if not with history. Rooms that are created later have no cursor."""
    if RoomReader.objects.filter(name=reader.name).exists():
        return
    RoomReader.objects.bulk_create([RoomReader(name=reader.name)], ignore_conflicts=True)
    if reader.reads_history:
        return
    cursors = [
        RoomCursor(reader_id=reader.name, room_id=room_id, position=position)
        for room_id, position in Room.objects.values_list("pk", reader.counts)
    ]
    RoomCursor.objects.bulk_create(cursors, ignore_conflicts=True, batch_size=1_000)


@transaction.atomic
def skip_history(reader: Reader) -> None:
    """For what was imported: it is not news."""
    RoomCursor.objects.filter(reader=reader.name).delete()
    RoomReader.objects.filter(name=reader.name).delete()
    start_reader(reader)


def find_rooms_behind(reader: Reader, rooms: Collection[int] | None = None) -> list[Room]:
    """Rooms, or those of ``rooms``, with something after the cursor, which they have as ``position``."""
    if rooms is not None and not rooms:
        return []
    behind = Room.objects.annotate(
        cursor=FilteredRelation("cursors", condition=Q(cursors__reader=reader.name)),
        position=Coalesce(F("cursor__position"), 0),
    ).filter(**{f"{reader.counts}__gt": F("position")})
    return list((behind if rooms is None else behind.filter(pk__in=rooms)).order_by("pk")[:MAX_ROOMS])


def get_position(room: Room) -> int:
    """Of a room of :func:`find_rooms_behind`."""
    return int(room.position)  # type: ignore[attr-defined]


@transaction.atomic
def store_reading(reader: Reader, move: Move, store: Callable[[], object]) -> bool:
    is_first = move_cursor(reader, move)
    if is_first:
        store()
    return is_first


@transaction.atomic
def move_cursors(reader: Reader, moves: Sequence[Move]) -> None:
    for move in moves:
        move_cursor(reader, move)


def move_cursor(reader: Reader, move: Move) -> bool:
    """False if another worker has moved it meanwhile."""
    cursor = RoomCursor.objects.filter(reader=reader.name, room=move.room_id, position=move.origin)
    if cursor.update(position=move.position):
        return True
    if move.origin:
        return False
    RoomCursor.objects.bulk_create([RoomCursor(reader_id=reader.name, room_id=move.room_id)], ignore_conflicts=True)
    return bool(cursor.update(position=move.position))
