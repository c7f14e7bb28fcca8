"""Cards that other apps post, replies to them, and commands that begin with a slash."""

import json
import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts import access as people
from accounts.models import User
from accounts.services import get_or_create_bot
from chat import cards, message_services, serializers, slash
from chat.message_services import post_card, update_card
from chat.models import Room
from chat.prerender import make_stencil
from myweb.errors import Refused
from realtime.database import in_thread
from tests.conftest import Connect
from tests.support.rooms import say

pytestmark = pytest.mark.django_db(transaction=True)


class Light(cards.Card, tag="light"):
    colour: str


@pytest.fixture
def heard() -> Iterator[list[cards.CardReply]]:
    told: list[cards.CardReply] = []
    cards.reply_handlers["light"] = told.append
    yield told
    del cards.reply_handlers["light"]


@pytest.fixture
def watch(room: Room) -> User:
    return get_or_create_bot("Watch")


async def test_a_card_is_seen_at_once_and_changes_in_place(
    connect: Connect, room: Room, ben: User, watch: User
) -> None:
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    sent = await in_thread(post_card, watch, room.pk, Light(colour="red"), "It is red.")
    await in_thread(update_card, sent.message, Light(colour="green"), "It is green.")
    await tab.until(lambda: len(tab.data(f"room.{room.pk}", "message.created")) == 2, "the change")
    state = tab.data(f"room.{room.pk}", "message.created")[1]
    assert (state["seq"], state["card"]) == (sent.seq, {"kind": "light", "colour": "green"})
    assert "It is green." in state["html"]
    assert tab.gaps == 0
    assert replica.messages == (await (await connect(ben)).follow(f"room.{room.pk}")).messages


def test_a_program_is_known_by_name_but_is_no_member_and_nobody_to_talk_to(room: Room, watch: User) -> None:
    post_card(watch, room.pk, Light(colour="red"), "It is red.")
    member = next(each for each in serializers.read_room_snapshot(room).members if each.id == watch.pk)
    assert (member.name, member.active) == ("Watch", False)
    assert watch not in people.find_users()
    assert get_or_create_bot("Watch") == watch
    assert not watch.has_usable_password()


def test_a_card_that_was_deleted_stays_so(room: Room, watch: User, ada: User) -> None:
    sent = post_card(watch, room.pk, Light(colour="red"), "It is red.")
    message_services.delete_message(ada, sent.message)
    room.refresh_from_db()
    rev = room.rev
    assert update_card(sent.message, Light(colour="green"), "It is green.") is None
    room.refresh_from_db()
    assert room.rev == rev


async def test_a_reply_says_what_it_answers(connect: Connect, room: Room, ada: User, ben: User) -> None:
    first = await in_thread(say, room, ada, "Who is there?")
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    await tab.ok("message.send", room=room.pk, client_id=str(uuid4()), body="Me", reply=first.seq)
    await tab.ok("message.send", room=room.pk, client_id=str(uuid4()), body="And I", reply=999)
    await tab.until(lambda: len(tab.data(f"room.{room.pk}", "message.created")) == 2, "both")
    replies = [state.get("reply") for state in tab.data(f"room.{room.pk}", "message.created")]
    assert replies == [{"seq": first.seq, "author": ada.pk}, None]  # what is not there is not answered
    assert replica.messages == (await (await connect(ben)).follow(f"room.{room.pk}")).messages


def test_a_reply_to_a_card_is_heard_once_by_its_maker(
    room: Room, watch: User, ben: User, heard: list[cards.CardReply]
) -> None:
    sent = post_card(watch, room.pk, Light(colour="red"), "It is red.")
    client_id = str(uuid4())
    for _again in range(2):
        message_services.send_message(ben, room.pk, client_id, "ack 30m", sent.seq)
    assert heard == [cards.CardReply(ben.pk, sent.message, "ack 30m")]


def test_trouble_of_the_hearer_is_not_the_writers(room: Room, watch: User, ben: User) -> None:
    sent = post_card(watch, room.pk, Light(colour="red"), "It is red.")
    cards.reply_handlers["light"] = lambda _answer: 1 // 0  # type: ignore[assignment]
    try:
        assert message_services.send_message(ben, room.pk, str(uuid4()), "ack", sent.seq).seq == sent.seq + 1
    finally:
        del cards.reply_handlers["light"]


@pytest.fixture
def shout() -> Iterator[None]:
    @slash.slash_command("shout", "words", "Say it louder")
    def do(asked: slash.SlashRequest) -> str:
        message_services.send_message(asked.by, asked.room.pk, asked.client_id, asked.words.upper())
        return "Done."

    yield
    del slash.slash_commands["shout"]


@pytest.mark.usefixtures("shout")
async def test_a_slash_command_is_done_and_answers(connect: Connect, room: Room, ben: User) -> None:
    tab = await connect(ben)
    await tab.follow(f"room.{room.pk}")
    answer = await tab.ok("slash.run", room=room.pk, client_id=str(uuid4()), text="/shout hello there")
    assert answer == {"say": "Done."}
    await tab.until(lambda: tab.data(f"room.{room.pk}", "message.created"), "the message")
    assert "HELLO THERE" in tab.data(f"room.{room.pk}", "message.created")[0]["html"]


@pytest.mark.usefixtures("shout")
@pytest.mark.parametrize("text", ["/shout \0", "/\0", "/shout half a \ud83d pair"])
def test_a_slash_command_of_characters_that_no_database_holds_is_refused(text: str, room: Room, ben: User) -> None:
    with pytest.raises(Refused, match="invalid characters"):
        slash.run_slash_command(ben, room.pk, str(uuid4()), text)


@pytest.mark.usefixtures("shout")
def test_an_unknown_slash_command_says_which_there_are(room: Room, ben: User) -> None:
    with pytest.raises(Refused, match="/shout"):
        slash.run_slash_command(ben, room.pk, str(uuid4()), "/whisper hello")


@pytest.mark.usefixtures("shout")
def test_the_page_offers_every_command_in_its_own_language(client: Client, room: Room, ben: User) -> None:
    client.force_login(ben)
    make_stencil.cache_clear()
    page = client.get(reverse("room", args=[room.pk])).content.decode()
    found = re.search(r'id="page-commands" type="application/json">(.*?)</script>', page)
    assert found
    offered = {each["name"]: each for each in json.loads(found[1])}
    assert offered["shout"] == {"name": "shout", "usage": "words", "summary": "Say it louder"}
    assert offered["help"]["summary"] == "List the commands"
    make_stencil.cache_clear()


@pytest.mark.usefixtures("shout")
def test_help_lists_the_commands(room: Room, ben: User) -> None:
    assert "/shout words – Say it louder" in slash.run_slash_command(ben, room.pk, str(uuid4()), "/help").splitlines()
