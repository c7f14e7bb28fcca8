"""Searching for what is seen, alike on both databases."""

from uuid import uuid4

import pytest

from accounts.models import User
from chat.message_services import send_message
from chat.models import Room
from chat.search.query import list_parts
from chat.search.results import search_messages
from tests.support.cast import make_person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("body", "query"),
    [
        ("the disk full of logs", '"disk full"'),
        ("the disk full of logs", "“disk full”"),
        ("磁盘已满，请清理", "「磁盘已满」"),
        ("Ärger mit dem Netz", "ärger"),
        ("ÄRGER mit dem Netz", "Ärger"),
        ("Ärger im Netz", "A\u0308rger"),
        ("a\u0308rger im Netz", "ärger"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("Москва", "мОСКВА"),
        ("版本 ２０２６", "2026"),
        ("Server 2026", "２０２６"),
        ("done :tada:", "🎉"),
        ("done 🎉", ":tada:"),
        ("I \u2764 it", "\u2764\ufe0f"),
        ("I \u2764\ufe0f it", "\u2764"),
        ("is @ben here", "Ben"),
        ("see `root:x:0`", "root:x:0"),
        ("100% of _it_", "100%"),
        ('say "hello', '"hello'),
    ],
)
def test_a_search_finds_what_is_seen(ada: User, ben: User, room: Room, body: str, query: str) -> None:
    send_message(ada, room.pk, str(uuid4()), body)
    hits = search_messages(ada, query).hits
    assert len(hits) == 1


@pytest.mark.parametrize("query", ['"full disk"', '"disk  fuller"', "ärgern", ":party:", "100%x", "_i"])
def test_a_search_finds_nothing_else(ada: User, room: Room, query: str) -> None:
    for body in ("the disk full of logs", "Ärger", "100 it", "done 🎉"):
        send_message(ada, room.pk, str(uuid4()), body)
    assert search_messages(ada, query).hits == []


def test_a_phrase_is_marked_whole(ada: User, room: Room) -> None:
    send_message(ada, room.pk, str(uuid4()), "the Disk full of logs")
    assert search_messages(ada, '"disk full"').hits[0].snippet == "the <mark>Disk full</mark> of logs"


def test_a_name_finds_the_mentions_of_its_handle(ada: User, room: Room) -> None:
    make_person("张伟明", handle="zwm")
    send_message(ada, room.pk, str(uuid4()), "ask @zwm about it")
    assert len(search_messages(ada, "张伟").hits) == 1


def test_a_query_has_words_phrases_and_filters() -> None:
    assert [*list_parts('a "b c" -d from:"Ada L" -in:#x')] == [
        ("", "", "", "a"),
        ("", "", "b c", ""),
        ("-", "", "", "d"),
        ("", "from", "Ada L", ""),
        ("-", "in", "", "#x"),
    ]
    assert len([*list_parts("x " * 5_000)]) == 12
