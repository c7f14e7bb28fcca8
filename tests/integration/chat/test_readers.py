"""Readers of the rooms' logs: what is new, once, however many workers read and whenever they die."""

from collections.abc import Callable
from itertools import repeat

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat import readers
from chat.models import Room, RoomCursor
from chat.readers import Reader, Reading, RoomReaders, find_rooms_behind, skip_history
from tests.support.rooms import make_room, say

pytestmark = pytest.mark.django_db

Seen = list[tuple[int, int]]


def make_reader(seen: Seen, at_most: int = 100, meanwhile: Callable[[], object] | None = None) -> Reader:
    """Stores (room, position); reads ``at_most`` messages at once. ``meanwhile`` runs between reading and storing."""

    def read(room: Room, after: int) -> Reading:
        last = min(room.seq, after + at_most)
        if meanwhile:
            meanwhile()
        return Reading(last, lambda: seen.extend((room.pk, seq) for seq in range(after + 1, last + 1)))

    return Reader("test", "seq", read)


def say_many(room: Room, user: User, count: int) -> None:
    for _ in repeat(None, count):
        say(room, user)


def test_a_new_reader_begins_at_the_present(room: Room, ada: User) -> None:
    seen: Seen = []
    say_many(room, ada, 3)
    worker = RoomReaders([make_reader(seen)])
    worker.read_news()
    assert seen == []
    say(room, ada)
    worker.read_news()
    assert seen == [(room.pk, 4)]


def test_a_new_room_is_read_from_its_beginning(room: Room, ada: User) -> None:
    seen: Seen = []
    worker = RoomReaders([make_reader(seen)])
    worker.read_news()
    new = make_room(ada, name="new")
    say_many(new, ada, 2)
    worker.read_news()
    assert seen == [(new.pk, 1), (new.pk, 2)]


def test_each_message_is_read_once_by_workers_side_by_side(room: Room, ada: User) -> None:
    seen: Seen = []
    workers = [RoomReaders([make_reader(seen)]) for _ in range(3)]
    for worker in workers:
        worker.read_news()
    for _ in range(3):
        say_many(room, ada, 4)
        for worker in workers:
            worker.read_news()
    assert seen == [(room.pk, seq) for seq in range(1, 13)]


def test_of_two_workers_that_read_the_same_only_one_stores_it(room: Room, ada: User) -> None:
    seen: Seen = []
    other = RoomReaders([make_reader(seen)])
    other.read_news()
    worker = RoomReaders([make_reader(seen, meanwhile=other.read_news)])
    worker.read_news()
    say_many(room, ada, 2)
    worker.read_news()
    assert seen == [(room.pk, 1), (room.pk, 2)]


def test_a_worker_that_dies_while_it_stores_has_stored_nothing(room: Room, ada: User) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    seen: Seen = []
    dying = RoomReaders([Reader("test", "seq", lambda room, _after: Reading(room.seq, die))])
    dying.read_news()
    say(room, ada)
    with pytest.raises(KeyboardInterrupt):
        dying.read_news()
    RoomReaders([make_reader(seen)]).read_news()
    assert seen == [(room.pk, 1)]


def test_what_came_while_no_worker_ran_is_read(room: Room, ada: User) -> None:
    seen: Seen = []
    RoomReaders([make_reader(seen)]).read_news()
    say_many(room, ada, 2)
    RoomReaders([make_reader(seen)]).read_news()
    assert seen == [(room.pk, 1), (room.pk, 2)]


def test_a_reader_that_left_something_is_called_again_at_once(room: Room, ada: User) -> None:
    seen: Seen = []
    worker = RoomReaders([make_reader(seen, at_most=2)])
    worker.read_news()
    say_many(room, ada, 5)
    assert [worker.read_news() for _ in range(3)] == [True, True, False]
    assert [seq for _room, seq in seen] == [1, 2, 3, 4, 5]


def test_a_room_that_a_reader_fails_on_does_not_hold_up_the_others(
    room: Room, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: Seen = []
    good = make_reader(seen)
    healed = False

    def read(other: Room, after: int) -> Reading:
        if other.pk == room.pk and not healed:
            raise ValueError("a bug")
        return good.read(other, after)

    worker = RoomReaders([Reader("test", "seq", read)])
    worker.read_news()
    new = make_room(ada, name="new")
    say(room, ada)
    say(new, ada)
    worker.read_news()
    assert seen == [(new.pk, 1)]
    healed = True
    monkeypatch.setattr(readers, "COMPARE_EVERY", 0.0)
    worker.read_news()
    assert seen == [(new.pk, 1)], "only after a pause"
    worker.failed.clear()
    worker.read_news()
    assert seen == [(new.pk, 1), (room.pk, 1)]


def test_a_look_at_a_quiet_site_reads_no_room(room: Room, ada: User) -> None:
    worker = RoomReaders([make_reader([])])
    for _ in range(3):
        worker.read_news()
    with CaptureQueriesContext(connection) as queries:
        worker.read_news()
    assert queries.captured_queries == []  # but for one of the newest message, past the ORM


def test_messages_that_are_committed_out_of_the_order_of_their_ids_are_found(room: Room, ada: User) -> None:
    seen: Seen = []
    worker = RoomReaders([make_reader(seen)])
    for _ in range(3):
        worker.read_news()
    new = make_room(ada, name="new")
    say(room, ada)
    say(new, ada)
    Room.objects.filter(pk=room.pk).update(seq=0)  # its transaction is still open
    worker.read_news()
    assert seen == [(new.pk, 1)]
    Room.objects.filter(pk=room.pk).update(seq=1)
    worker.read_news()
    assert seen == [(new.pk, 1), (room.pk, 1)]


def test_rooms_without_anything_to_store_are_not_read_again(room: Room, ada: User) -> None:
    reader = Reader("test", "seq", lambda room, _after: Reading(room.seq))
    worker = RoomReaders([reader])
    worker.read_news()
    say(room, ada)
    worker.read_news()
    assert RoomCursor.objects.get(room=room).position == 1
    assert find_rooms_behind(reader) == []


def test_a_reader_of_changes_counts_revs(room: Room, ada: User) -> None:
    positions: list[int] = []

    def read(room: Room, _after: int) -> Reading:
        return Reading(room.rev, lambda: positions.append(room.rev))

    worker = RoomReaders([Reader("test", "rev", read)])
    worker.read_news()
    say(room, ada)
    worker.read_news()
    room.refresh_from_db()
    assert positions == [room.rev]


def test_imported_messages_are_no_news(room: Room, ada: User) -> None:
    seen: Seen = []
    reader = make_reader(seen)
    worker = RoomReaders([reader])
    worker.read_news()
    new = make_room(ada, name="new")
    say(new, ada)
    skip_history(reader)
    worker.read_news()
    say(new, ada)
    worker.read_news()
    assert seen == [(new.pk, 2)]
