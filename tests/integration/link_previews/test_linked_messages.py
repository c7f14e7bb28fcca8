"""Links to messages of this site: each reader sees what they may read, and nothing of it is stored."""

from typing import Any

import pytest

from accounts.models import User
from chat import message_services
from chat import services as rooms
from chat.models import Message, Room
from link_previews.linked_messages import list_linked_messages
from link_previews.models import MessageLink
from tests.support.cast import as_
from tests.support.links import Web, read_state, switch_on, work
from tests.support.rooms import make_room, say
from tests.support.uploads import upload_ready


def ask(person: User, *places: str) -> list[dict[str, Any]]:
    answer = as_(person).get("/link-previews/messages/", {"at": places})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    found: list[dict[str, Any]] = answer.json()
    return found


def place_of(room: Room, message_id: int) -> str:
    return f"{room.pk}-{Message.objects.get(pk=message_id).seq}"


def test_members_see_who_said_what_and_where(ada: User, ben: User, room: Room) -> None:
    sent = say(room, ben, "The **pool** <b>is</b> full\n\n- now")
    (found,) = ask(ada, place_of(room, sent.message))
    assert (found["room"], found["seq"]) == (room.pk, sent.seq)
    assert (found["room_name"], found["author"]) == ("operations", "Ben")
    assert found["text"] == "The pool <b>is</b> full now"


def test_strangers_and_removed_members_see_nothing(ada: User, ben: User, cleo: User, room: Room) -> None:
    place = place_of(room, say(room, ada, "Secret").message)
    assert ask(cleo, place) == []
    assert len(ask(ben, place)) == 1
    rooms.remove_member(ada, room, ben)
    assert ask(ben, place) == []


def test_an_open_room_is_seen_by_those_who_joined_it(ada: User, cleo: User) -> None:
    hall = make_room(ada, kind="open", name="hall")
    place = place_of(hall, say(hall, ada).message)
    assert ask(cleo, place) == []
    rooms.join_room(cleo, hall)
    assert len(ask(cleo, place)) == 1


def test_deleted_and_edited_messages_are_as_they_are_now(ada: User, room: Room) -> None:
    sent = say(room, ada, "Before")
    place = place_of(room, sent.message)
    message_services.edit_message(ada, sent.message, "After")
    assert ask(ada, place)[0]["text"] == "After"
    message_services.delete_message(ada, sent.message)
    assert ask(ada, place) == []


def test_a_message_of_files_shows_their_names(ada: User, room: Room, settings: Any) -> None:
    file = upload_ready(ada, room, b"text", "plan.txt")
    sent = message_services.send_message(ada, room.pk, "0" * 32, "", files=[str(file.pk)])
    assert ask(ada, place_of(room, sent.message))[0]["text"] == "plan.txt"


def test_a_direct_conversation_is_called_by_the_others(ada: User, ben: User, cleo: User) -> None:
    direct = rooms.open_direct(ada, [ben])
    place = place_of(direct, say(direct, ada).message)
    assert [ask(person, place)[0]["room_name"] for person in (ada, ben)] == ["Ben", "Ada Lovelace"]
    assert ask(cleo, place) == []


@pytest.mark.parametrize(
    "places",
    [
        [],
        [""],
        ["1"],
        ["-"],
        ["1-"],
        ["-1"],
        ["x-y"],
        ["1-2-3"],
        ["9" * 40 + "-1"],
        ["1-" + "9" * 40],
        ["0-0"],
        ["\0-1"],
    ],
)
def test_places_that_are_none_find_nothing(ada: User, places: list[str]) -> None:
    assert ask(ada, *places) == []


def test_a_request_is_bounded(ada: User, room: Room, django_assert_max_num_queries: Any) -> None:
    places = [place_of(room, say(room, ada, str(number)).message) for number in range(25)]
    assert len(ask(ada, *places)) == 20
    with django_assert_max_num_queries(3):
        list_linked_messages(ada, [(room.pk, seq) for seq in range(1, 21)])


def test_nobody_sees_them_without_signing_in(room: Room, client: Any) -> None:
    assert client.get("/link-previews/messages/?at=1-1").status_code == 302


def test_nothing_of_a_linked_message_is_stored(ada: User, room: Room, web: Web) -> None:
    switch_on(ada)
    secret = say(room, ada, "Secret words")
    hall = make_room(ada, kind="open", name="hall")
    sent = say(hall, ada, f"http://127.0.0.1:8000/rooms/{room.pk}/?at={secret.seq}")
    work()
    assert not MessageLink.objects.exists()
    assert read_state(Message.objects.get(pk=sent.message)).previews == []
