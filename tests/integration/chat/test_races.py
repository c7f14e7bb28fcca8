"""Two at once, from threads with connections of their own: one answer, no holes, nothing twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Barrier
from typing import TypeVar
from uuid import uuid4

import pytest
from django.db import connections

from accounts.models import User
from chat import message_services, services
from chat.models import Membership, Message, Reaction, Room
from chat.store import store_messages
from myweb.errors import NotFound
from tests.support.rooms import draft, make_room, say

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")


def at_once(actions: list[Callable[[], T]]) -> list[T]:
    gate = Barrier(len(actions))

    def run(action: Callable[[], T]) -> T:
        gate.wait(10)
        try:
            return action()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def test_the_same_send_from_two_sides_is_one_message(room: Room, ben: User) -> None:
    for _round in range(5):
        client_id = str(uuid4())
        sent = at_once([lambda: message_services.send_message(ben, room.pk, client_id, "Hello")] * 4)  # noqa: B023 - used at once
        assert len({(each.message, each.seq, each.rev) for each in sent}) == 1
    assert list(Message.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3, 4, 5]


def test_sends_from_many_sides_leave_no_hole(room: Room, ada: User, ben: User) -> None:
    begun = room.rev

    def talk(who: User) -> list[int]:
        return [say(room, who, str(number)).seq for number in range(8)]

    for seqs in at_once([partial(talk, who) for who in (ada, ben, ada, ben)]):
        assert seqs == sorted(seqs), "in the order in which each spoke"
    assert sorted(Message.objects.values_list("seq", flat=True)) == list(range(1, 33))
    assert sorted(Message.objects.values_list("rev", flat=True)) == list(range(begun + 1, begun + 33))


def test_batches_over_the_same_rooms_do_not_lock_each_other(ada: User, ben: User) -> None:
    rooms = [make_room(ada, ben, name=str(number)) for number in range(4)]

    def batches(turned: bool) -> None:
        for _round in range(5):
            store_messages([draft(room, ada) for room in (rooms[::-1] if turned else rooms)])

    at_once([partial(batches, turned) for turned in (True, False, True, False)])
    assert {room.seq for room in Room.objects.all()} == {20}


def test_two_who_open_the_same_direct_conversation_meet_in_it(ada: User, ben: User, cleo: User) -> None:
    for people in ([ada, ben], [ada, ben, cleo]):
        rooms = at_once([partial(services.open_direct, who, people) for who in people * 2])
        assert len({room.pk for room in rooms}) == 1
        assert Membership.objects.filter(room=rooms[0], active=True).count() == len(people)


def test_joining_at_once_makes_one_member(ada: User, ben: User) -> None:
    room = make_room(ada, kind="open")
    at_once([lambda: services.join_room(ben, room)] * 4)
    assert Membership.objects.filter(room=room, user=ben).count() == 1
    room.refresh_from_db()
    assert room.rev == 2


def test_reacting_at_once_is_one_reaction(room: Room, ben: User) -> None:
    sent = say(room, ben)
    at_once([lambda: message_services.set_reaction(ben, sent.message, "👍", on=True)] * 4)
    assert Reaction.objects.count() == 1


def unless_gone(action: Callable[[], object]) -> None:
    with suppress(NotFound):
        action()


def test_an_edit_does_not_bring_back_what_is_being_deleted(room: Room, ben: User) -> None:
    for _round in range(5):
        sent = say(room, ben)

        edit = partial(unless_gone, partial(message_services.edit_message, ben, sent.message, "changed"))
        at_once([edit, partial(unless_gone, partial(message_services.delete_message, ben, sent.message)), edit])
        message = Message.objects.get(pk=sent.message)
        assert (message.body, message.html) == ("", "")
        assert message.deleted_at


def test_marks_from_two_devices_keep_the_higher(room: Room, ada: User, ben: User) -> None:
    for _number in range(6):
        say(room, ada)
    at_once([partial(message_services.mark_room_read, ben.pk, room.pk, seq) for seq in (2, 6, 4, 1)])
    assert Membership.objects.get(room=room, user=ben).last_read == 6
