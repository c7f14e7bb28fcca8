"""Read marks and unread counts: exact, because a wrong badge is worse than none."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat import message_services, services, sidebar
from chat.models import Membership, Message, Room
from chat.protocol import MyRoom
from myweb.errors import NotFound
from tests.support.rooms import draft, make_room, say, stored

pytestmark = pytest.mark.django_db


def line(person: User, room: Room) -> MyRoom:
    return next(each for each in sidebar.read_sidebar(person).rooms if each.id == room.pk)


def read_mark(person: User, room: Room) -> int:
    return Membership.objects.get(user=person, room=room).last_read


def test_others_messages_are_unread_until_they_were_seen(room: Room, ada: User, ben: User) -> None:
    for body in ("one", "two", "three"):
        say(room, ada, body)
    assert (line(ben, room).unread, line(ben, room).head, line(ben, room).last_read) == (3, 3, 0)
    message_services.mark_room_read(ben.pk, room.pk, 2)
    assert (line(ben, room).unread, line(ben, room).last_read) == (1, 2)


def test_own_messages_are_never_unread(room: Room, ada: User, ben: User) -> None:
    say(room, ben)
    say(room, ada)
    say(room, ben)
    assert (line(ben, room).unread, line(ada, room).unread) == (1, 2)


def test_deleted_messages_are_not_unread(room: Room, ada: User, ben: User) -> None:
    kept, taken = say(room, ada, f"@{ben.handle} kept"), say(room, ada, f"@{ben.handle} taken")
    message_services.delete_message(ada, taken.message)
    assert (line(ben, room).unread, line(ben, room).mentions) == (1, 1)
    message_services.delete_message(ada, kept.message)
    assert (line(ben, room).unread, line(ben, room).mentions) == (0, 0)


def test_read_marks_are_merged_with_max(room: Room, ada: User, ben: User) -> None:
    for _number in range(5):
        say(room, ada)
    message_services.mark_room_read(ben.pk, room.pk, 4)
    message_services.mark_room_read(ben.pk, room.pk, 2)
    assert read_mark(ben, room) == 4


@pytest.mark.parametrize("seq", [99, 2**62, 2**80, 10**30])
def test_nobody_has_read_what_was_not_written(seq: int, room: Room, ada: User, ben: User) -> None:
    say(room, ada)
    message_services.mark_room_read(ben.pk, room.pk, seq)
    assert read_mark(ben, room) == 1


@pytest.mark.parametrize("seq", [0, -1, -(2**80)])
def test_a_mark_before_the_beginning_does_nothing(seq: int, room: Room, ada: User, ben: User) -> None:
    say(room, ada)
    message_services.mark_room_read(ben.pk, room.pk, seq)
    assert read_mark(ben, room) == 0


def test_counting_stops_at_a_hundred(room: Room, ada: User, ben: User) -> None:
    stored([draft(room, ada, f"@{ben.handle}") for _number in range(99)])
    assert (line(ben, room).unread, line(ben, room).mentions) == (99, 99)
    stored([draft(room, ada, f"@{ben.handle}") for _number in range(30)])
    assert (line(ben, room).unread, line(ben, room).mentions) == (100, 100)


def test_mentions_count_those_that_name_me_and_are_unread(room: Room, ada: User, ben: User) -> None:
    say(room, ada, f"@{ben.handle} one")
    say(room, ada, f"@{ada.handle} myself")
    say(room, ada, f"`@{ben.handle}` in code")
    say(room, ben, f"@{ben.handle} my own")
    assert (line(ben, room).mentions, line(ada, room).mentions) == (1, 0)
    message_services.mark_room_read(ben.pk, room.pk, 1)
    assert line(ben, room).mentions == 0


def test_a_stranger_cannot_be_mentioned(room: Room, ada: User, cleo: User) -> None:
    sent = say(room, ada, f"@{cleo.handle} psst")
    assert not Message.objects.get(pk=sent.message).mentions.exists()


def test_who_joins_has_read_what_was_said_before(room: Room, ada: User, cleo: User) -> None:
    say(room, ada)
    services.add_members(ada, room, [cleo])
    assert line(cleo, room).unread == 0
    say(room, ada)
    assert line(cleo, room).unread == 1


def test_counts_of_two_rooms_do_not_mix(ada: User, ben: User) -> None:
    one, other = make_room(ada, ben, name="one"), make_room(ada, ben, name="other")
    say(one, ada)
    say(other, ada, f"@{ben.handle}")
    say(other, ada)
    assert [(each.name, each.unread, each.mentions) for each in sidebar.read_sidebar(ben).rooms] == [
        ("one", 1, 0),
        ("other", 2, 1),
    ]


def test_a_stranger_marks_nothing(room: Room, ada: User, cleo: User) -> None:
    say(room, ada)
    with pytest.raises(NotFound):
        message_services.mark_room_read(cleo.pk, room.pk, 1)


def test_the_sidebar_costs_the_same_for_many_rooms(ada: User, ben: User) -> None:
    rooms = [make_room(ada, ben, name=f"room {number}") for number in range(3)]
    with CaptureQueriesContext(connection) as few:
        sidebar.read_sidebar(ben)
    rooms += [make_room(ada, ben, name=f"more {number}") for number in range(12)]
    with CaptureQueriesContext(connection) as many:
        sidebar.read_sidebar(ben)
    assert len(many) == len(few) <= 3
