"""Cleo is a stranger: whatever door she tries, what she asks for is not found, as if it had never been."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from chat import access, message_services, services
from chat.models import Message, Room
from chat.search.results import search_messages
from myweb.errors import NotFound
from realtime.database import in_thread
from tests.conftest import Connect
from tests.support.rooms import make_room, say

SECRET = "the harbour password"


@pytest.fixture
def room(transactional_db: None, ada: User, ben: User) -> Room:
    return make_room(ada, ben, name="vault")


@pytest.fixture(params=["never was a member", "was removed", "owns the house, but is not in"])
def stranger(request: pytest.FixtureRequest, room: Room, ada: User, cleo: User, eve: User, dora: User) -> User:
    if request.param == "was removed":
        services.add_members(ada, room, [eve])
        services.remove_member(ada, room, eve)
        return eve
    if request.param.startswith("owns"):
        dora.role = "owner"
        dora.save()
        return dora
    return cleo


@pytest.fixture
def said(room: Room, ben: User) -> int:
    return say(room, ben, SECRET).message


def test_no_door_gives_a_room_or_a_message_to_a_stranger(room: Room, stranger: User, said: int) -> None:
    doors: list[Callable[[], Any]] = [
        lambda: access.get_room(stranger, room.pk),
        lambda: access.get_open_room(stranger, room.pk),
        lambda: access.get_message(stranger.pk, said),
        lambda: access.check_member(stranger.pk, room.pk),
        lambda: message_services.send_message(stranger, room.pk, str(uuid4()), "hi"),
        lambda: message_services.edit_message(stranger, said, "hi"),
        lambda: message_services.delete_message(stranger, said),
        lambda: message_services.set_reaction(stranger, said, "👍", on=True),
        lambda: message_services.get_message_source(stranger, said),
        lambda: message_services.mark_room_read(stranger.pk, room.pk, 1),
    ]
    for door in doors:
        with pytest.raises(NotFound):
            door()
    assert room not in access.member_rooms(stranger)
    assert room not in access.joinable_rooms(stranger)
    assert Message.objects.get().body == SECRET


PAGES = ["room", "room_history", "room_settings"]
POSTS = ["room_messages", "room_join", "room_leave", "room_archive", "room_members", "room_settings"]


def test_every_address_of_a_room_answers_like_one_that_never_was(room: Room, stranger: User, said: int) -> None:
    client = Client()
    client.force_login(stranger)
    body = {"data": json.dumps({"client_id": str(uuid4()), "body": "hi"}), "content_type": "application/json"}
    for name in PAGES:
        real, none = (client.get(reverse(name, args=[number])) for number in (room.pk, 10**9))
        assert (real.status_code, none.status_code) == (404, 404), name
        assert SECRET.encode() not in real.content
        assert b"vault" not in real.content
    for name in POSTS:
        args: dict[str, Any] = body if name == "room_messages" else {"data": {"archived": "yes", "add": stranger.pk}}
        real, none = (client.post(reverse(name, args=[number]), **args) for number in (room.pk, 10**9))
        assert (real.status_code, none.status_code) == (404, 404), name
    room.refresh_from_db()
    assert (room.seq, room.archived_at) == (1, None)
    assert stranger.pk not in room.memberships.filter(active=True).values_list("user", flat=True)


def test_a_search_finds_nothing_of_others(room: Room, stranger: User, ben: User, said: int) -> None:
    assert search_messages(ben, SECRET).hits
    assert search_messages(stranger, SECRET).hits == []
    client = Client()
    client.force_login(stranger)
    page = client.get(reverse("search"), {"q": "harbour"})
    assert page.status_code == 200
    assert b"password" not in page.content
    assert client.get(reverse("search"), {"q": "harbour", "room": str(room.pk)}).status_code == 404


def test_a_list_of_rooms_does_not_name_it(room: Room, stranger: User) -> None:
    client = Client()
    client.force_login(stranger)
    for address in (reverse("rooms"), reverse("direct_new"), reverse("home")):
        assert b"vault" not in client.get(address, follow=True).content


async def test_a_socket_finds_nothing_of_it(connect: Connect, room: Room, stranger: User, ada: User, said: int) -> None:
    tab, member = await connect(stranger), await connect(ada)
    asked: list[dict[str, Any]] = [
        {"do": "subscribe", "stream": f"room.{room.pk}"},
        {"do": "subscribe", "stream": f"room.{room.pk}", "after": 1, "epoch": "x"},
        {"do": "subscribe", "stream": f"presence.{room.pk}"},
        {"do": "message.send", "room": room.pk, "client_id": str(uuid4()), "body": "hi"},
        {"do": "message.edit", "message": said, "body": "hi"},
        {"do": "message.delete", "message": said},
        {"do": "message.react", "message": said, "emoji": "👍"},
        {"do": "message.source", "message": said},
        {"do": "room.read", "room": room.pk, "seq": 1},
        {"do": "typing", "room": room.pk},
    ]
    for command in asked:
        real = await tab.error(**command)
        number = "room" if "room" in command else "message"
        elsewhere = {**command, number: 10**9} if number in command else {**command, "stream": "room.1000000000"}
        assert real["code"] == "not_found"
        assert real == await tab.error(**elsewhere), "what is there and what is not answer alike"
    await tab.ok("subscribe", stream="me")
    await member.send(room.pk, "still among us")
    await member.ok("message.edit", message=(await member.send(room.pk, "x"))["message"], body="y")
    await tab.caught_up()
    assert {event["stream"] for event in tab.events} == {"socket"}
    assert await in_thread(Message.objects.filter(author=stranger).count) == 0
