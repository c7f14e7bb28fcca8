"""Storing messages: numbers without holes, the same send once, and a bad draft alone."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat import message_services, serializers, services
from chat.message_validation import IncomingMessage, parse_incoming
from chat.models import Message, Room
from chat.protocol import Sent
from chat.store import store_messages
from myweb.errors import NotFound, Refused
from tests.support.rooms import draft, make_room, say, stored
from tests.support.statements import watched

pytestmark = pytest.mark.django_db


def test_messages_and_events_are_numbered_without_holes(room: Room, ada: User, ben: User) -> None:
    begun = room.rev
    sent = [say(room, ada), *stored([draft(room, ben), draft(room, ada), draft(room, ben)]), say(room, ben)]
    assert [each.seq for each in sent] == [1, 2, 3, 4, 5]
    assert [each.rev for each in sent] == [begun + number for number in range(1, 6)]
    room.refresh_from_db()
    assert (room.seq, room.rev) == (5, begun + 5)


def test_every_change_takes_one_rev_and_what_was_touched_carries_it(room: Room, ada: User, ben: User) -> None:
    first, begun = say(room, ada), Room.objects.get().rev
    message_services.set_reaction(ben, first.message, "👍", on=True)
    message_services.edit_message(ada, first.message, "Hello again")
    services.update_room(ada, room, name="ops", description="", welcome=False)
    services.leave_room(ben, room)
    message_services.delete_message(ada, first.message)
    room.refresh_from_db()
    assert room.rev == begun + 5
    assert Message.objects.get().rev == begun + 5
    assert room.own_rev == begun + 3
    assert room.memberships.get(user=ben).rev == begun + 4
    assert [event.rev for event in serializers.read_events_since(room, begun)[1]] == [begun + 3, begun + 4, begun + 5]


def test_rooms_in_one_batch_count_for_themselves(ada: User, ben: User) -> None:
    one, other = make_room(ada, ben, name="one"), make_room(ada, ben, name="other")
    sent = stored([draft(one, ada), draft(other, ben), draft(one, ben), draft(other, ada), draft(one, ada)])
    assert [each.seq for each in sent] == [1, 1, 2, 2, 3]


def test_a_repeated_send_answers_with_the_first_message(room: Room, ada: User) -> None:
    client_id = str(uuid4())
    first = message_services.send_message(ada, room.pk, client_id, "Hello")
    say(room, ada, "between")
    assert message_services.send_message(ada, room.pk, client_id.upper(), "Hello, edited in the outbox") == first
    assert Message.objects.count() == 2
    assert Message.objects.get(pk=first.message).body == "Hello"


def test_a_send_repeated_in_one_batch_is_one_message(room: Room, ada: User) -> None:
    twin = draft(room, ada)
    one, between, other = stored([twin, draft(room, ada), twin])
    assert one == other
    assert one.message > 0
    assert between.seq == 2
    assert Message.objects.count() == 2


def test_the_same_client_id_of_someone_else_or_elsewhere_is_another_message(ada: User, ben: User) -> None:
    one, other = make_room(ada, ben, name="one"), make_room(ada, ben, name="other")
    client_id = str(uuid4())
    sent = stored([draft(one, ada, "a", client_id), draft(one, ben, "b", client_id), draft(other, ada, "c", client_id)])
    assert len({each.message for each in sent}) == 3


def test_a_refused_draft_fails_alone(room: Room, ada: User, cleo: User) -> None:
    archived = make_room(ada, name="old")
    services.archive_room(ada, archived, archived=True)
    nowhere = parse_incoming(10**9, ada.pk, str(uuid4()), "Hello")
    outcomes = store_messages([draft(room, ada), draft(room, cleo), draft(archived, ada), nowhere, draft(room, ada)])
    assert [outcome.code if isinstance(outcome, Refused) else outcome.seq for outcome in outcomes] == [
        1, "not_found", "forbidden", "not_found", 2,
    ]  # fmt: skip


@pytest.mark.parametrize("room_id", [2**63, 2**70, 0, -1, -(2**70)])
def test_a_number_that_no_room_can_have_is_no_draft(room_id: int) -> None:
    with pytest.raises(NotFound):
        parse_incoming(room_id, 1, str(uuid4()), "Hello")


def test_who_has_left_sends_no_more(room: Room, ada: User, ben: User) -> None:
    services.leave_room(ben, room)
    with pytest.raises(Refused) as refused:
        say(room, ben)
    assert refused.value.code == "not_found"


def test_an_archived_room_is_read_not_written_to(room: Room, ada: User, ben: User) -> None:
    sent = say(room, ada)
    services.archive_room(ada, room, archived=True)
    for deed in (
        lambda: say(room, ada),
        lambda: message_services.edit_message(ada, sent.message, "changed"),
        lambda: message_services.delete_message(ada, sent.message),
        lambda: message_services.set_reaction(ben, sent.message, "👍", on=True),
        lambda: services.add_members(ada, room, [ben]),
    ):
        with pytest.raises(Refused, match="This room is archived and read-only"):
            deed()
    services.archive_room(ada, room, archived=False)
    assert say(room, ada).seq == 2


def count_trips(messages: list[IncomingMessage]) -> int:
    """To the database and back, while these are stored; past Django's own count, too."""
    if connection.vendor == "postgresql":
        with watched() as traffic:
            stored(messages)
        return traffic.trips
    with CaptureQueriesContext(connection) as asked:
        stored(messages)
    return len(asked)


def test_a_batch_asks_the_database_as_often_as_one_message(room: Room, ada: User) -> None:
    one = count_trips([draft(room, ada)])
    assert count_trips([draft(room, ada) for _number in range(100)]) <= one + 1


def test_an_acknowledged_message_can_be_read_by_its_number(room: Room, ada: User) -> None:
    sent = say(room, ada, "**Hello**")
    message = Message.objects.get(pk=sent.message)
    assert Sent(message.pk, message.seq, message.rev) == sent
    assert (message.body, message.html) == ("**Hello**", "<p><strong>Hello</strong></p>")
