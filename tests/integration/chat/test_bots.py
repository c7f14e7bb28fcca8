"""Programs speak in rooms, and are nobody: not in a list, not to be added, written to, managed or named."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.services import get_or_create_bot
from chat import cards, serializers, services, sidebar
from chat.message_services import post_card
from chat.models import Membership, Room
from myweb.errors import Refused
from tests.support.cast import PASSWORD
from tests.support.rooms import make_room, say

pytestmark = pytest.mark.django_db


class Light(cards.Card, tag="light"):
    colour: str


@pytest.fixture
def watch() -> User:
    return get_or_create_bot("Watch")


@pytest.fixture
def room(ada: User, ben: User, watch: User) -> Room:
    """With a word of the program's."""
    made = make_room(ada, ben, kind="open")
    post_card(watch, made.pk, Light(colour="red"), "The harbour light is red")
    return made


@pytest.fixture
def owner(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def page(client: Client, name: str, *args: Any, **query: str) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_program_shows_a_sign_and_says_what_it_is(room: Room, watch: User, ada: User) -> None:
    members = {each.id: each for each in serializers.read_room_snapshot(room).members}
    assert (members[watch.pk].bot, members[watch.pk].initials) == (True, "!")
    assert not members[ada.pk].bot


def test_no_list_of_people_offers_it(owner: Client, room: Room, watch: User) -> None:
    assert f"@{watch.handle}" not in page(owner, "people")
    assert f"@{watch.handle}" not in page(owner, "people", q="Watch")
    assert f"@{watch.handle}" not in page(owner, "room_settings", room.pk)
    assert f"@{watch.handle}" not in page(owner, "room_settings", room.pk, q="Watch")
    assert f"@{watch.handle}" not in page(owner, "direct_new")
    answer = owner.post(reverse("direct_new"), {"q": "Watch", "find": "yes", "people": watch.pk})
    assert f"@{watch.handle}" not in answer.content.decode()


def test_nobody_adds_it_to_a_room(owner: Client, room: Room, watch: User, ada: User) -> None:
    owner.post(reverse("room_members", args=[room.pk]), {"add": watch.pk})
    with pytest.raises(Refused):
        services.add_members(ada, room, [watch])
    assert not Membership.objects.filter(user=watch, active=True).exists()


def test_nobody_talks_to_it_alone(owner: Client, watch: User, ada: User) -> None:
    owner.post(reverse("direct_new"), {"people": watch.pk})
    assert not Room.objects.filter(kind=Room.Kind.DIRECT).exists()
    assert services.open_direct(ada, [watch]).direct_key == str(ada.pk)


def test_a_conversation_that_it_speaks_in_keeps_its_name(watch: User, ada: User, ben: User) -> None:
    talk = services.open_direct(ada, [ben])
    post_card(watch, talk.pk, Light(colour="red"), "It is red")
    assert [person.id for person in sidebar.read_direct_members([talk.pk])[talk.pk]] == [ada.pk, ben.pk]


def test_nobody_manages_it(owner: Client, watch: User) -> None:
    assert owner.get(reverse("person", args=[watch.pk])).status_code == 404
    for verb, fields in {"role": {"role": "owner"}, "active": {"active": "no"}, "reset": {}}.items():
        assert owner.post(reverse(f"person_{verb}", args=[watch.pk]), fields).status_code == 404
    watch.refresh_from_db()
    assert (watch.role, watch.is_active, watch.has_usable_password()) == ("bot", True, False)


def test_nobody_takes_the_address_of_one_that_has_not_spoken_yet(client: Client, ada: User, settings: Settings) -> None:
    settings.OPEN_SIGNUP = True
    fields = {"name": "Eve", "email": "Probe@bots.invalid", "password1": PASSWORD}
    assert client.post("/accounts/signup/", fields).status_code == 200  # the form again
    assert client.post("/accounts/signup/", fields | {"email": "eve@example.com"}).status_code == 302
    assert get_or_create_bot("Probe").is_bot


def test_nobody_names_it(room: Room, watch: User, ada: User) -> None:
    sent = say(room, ada, f"@{watch.handle} are you there?")
    assert serializers.select_messages(room.pk).get(pk=sent.message).mentions.count() == 0


def test_what_it_says_is_found_under_its_sign(owner: Client, room: Room) -> None:
    assert 'avatar--bot" aria-hidden="true">!' in page(owner, "search", q="harbour light")
