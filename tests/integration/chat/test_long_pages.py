"""Snapshots, pages and resumes of a room whose messages are as large as messages can be."""

import time
from typing import Any

import pytest

from accounts.models import User
from chat import cache, serializers
from chat.models import Message, Room
from chat.search.results import search_messages
from realtime.database import in_thread
from realtime.hub import Hub
from tests.conftest import Connect
from tests.integration.realtime.test_lost_events import lose
from tests.integration.realtime.test_subscribe import same
from tests.support.cast import as_
from tests.support.rooms import draft, say, stored
from tests.support.wire import Frame

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 50
LONGEST = "&" * 10_000  # five characters each as HTML
ONE = 50_018
SIZE = 512 * 1024  # written out: what the documents say


def fill(room: Room, author: User) -> None:
    stored([draft(room, author, LONGEST) for _message in range(COUNT)])


def html_of(messages: list[Frame]) -> int:
    return sum(len(message.get("html", "")) for message in messages)


def check_page(messages: list[Frame]) -> None:
    """It holds as much as fits, and not a message more."""
    assert SIZE - ONE - 5_000 < html_of(messages) <= SIZE
    seqs = [message["seq"] for message in messages]
    assert seqs == [*range(seqs[0], seqs[0] + len(seqs))], "without holes"


async def test_a_snapshot_of_fifty_messages_of_60_kb_holds_the_last_that_fit(
    connect: Connect, room: Room, ada: User, ben: User
) -> None:
    await in_thread(fill, room, ada)
    tab = await connect(ben)
    snapshot = (await tab.ok("subscribe", stream=f"room.{room.pk}"))["snapshot"]
    check_page(snapshot["messages"])
    assert snapshot["messages"][-1]["seq"] == COUNT
    assert snapshot["more"] is True


def test_the_page_of_the_room_is_bounded_too(room: Room, ada: User, ben: User) -> None:
    fill(room, ada)
    page = as_(ben).get(f"/rooms/{room.pk}/").content
    assert SIZE - ONE - 5_000 < len(page) < 1.25 * SIZE


def read(person: User, room: Room, **query: int) -> Any:
    return as_(person).get(f"/rooms/{room.pk}/history/", query).json()


def test_one_reads_back_to_the_first_message_and_on_to_the_last(room: Room, ada: User, ben: User) -> None:
    fill(room, ada)
    held = read(ben, room)
    messages = held["messages"]
    while held["before"]:
        held = read(ben, room, before=messages[0]["seq"])
        assert html_of(held["messages"]) <= SIZE
        assert held["messages"], "one at least"
        messages = held["messages"] + messages
    assert [message["seq"] for message in messages] == [*range(1, COUNT + 1)]
    held = read(ben, room, after=1)
    messages = held["messages"]
    while held["after"]:
        held = read(ben, room, after=messages[-1]["seq"])
        assert html_of(held["messages"]) <= SIZE
        messages += held["messages"]
    assert [message["seq"] for message in messages] == [*range(2, COUNT + 1)]


@pytest.mark.parametrize("seq", [1, 2, COUNT // 2, COUNT - 1, COUNT])
def test_the_page_around_a_message_holds_that_message(room: Room, ada: User, ben: User, seq: int) -> None:
    fill(room, ada)
    held = read(ben, room, around=seq)
    assert seq in [message["seq"] for message in held["messages"]]
    assert html_of(held["messages"]) <= SIZE
    assert held["before"] is (held["messages"][0]["seq"] > 1)
    assert held["after"] is (held["messages"][-1]["seq"] < COUNT)


def test_a_message_larger_than_a_page_stands_alone_on_one(
    room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(room, ada)
    monkeypatch.setattr(cache, "CACHE_LIMIT", 0)
    for kind in ({}, {"before": 7}, {"after": 7}):
        held = serializers.read_history_page(room.pk, **kind, size=1_000)
        assert len(held.messages) == 1
    assert len(serializers.read_room_snapshot(room, size=1_000).messages) == 1


def test_cards_and_reactions_count_as_well(room: Room, ada: User, ben: User) -> None:
    stored([draft(room, ada) for _message in range(COUNT)])
    Message.objects.update(card={"kind": "output", "lines": ["x" * 60_000]})
    assert 1 < len(serializers.read_room_snapshot(room).messages) < 10


def test_a_search_among_the_longest_messages_takes_no_longer_than_among_others(
    room: Room, ada: User, ben: User
) -> None:
    stored([draft(room, ada, f"needle {LONGEST[:-7]}") for _message in range(25)])
    begun = time.process_time()
    found = search_messages(ben, "needle " + "n" * 8_000)
    assert found.hits == []
    found = search_messages(ben, "needle")
    assert time.process_time() - begun < 0.4, "0.9 s if all of their HTML were read"
    assert len(found.hits) == 20
    assert str(found.hits[0].snippet).startswith("<mark>needle</mark> &amp;&amp;")


async def test_a_resume_of_more_than_a_page_begins_with_a_snapshot(
    connect: Connect, room: Room, ada: User, ben: User
) -> None:
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    await tab.leave()
    await in_thread(stored, [draft(room, ada, LONGEST) for _message in range(8)])
    tab = await connect(ben)
    await tab.follow(f"room.{room.pk}", replica)
    assert replica.snapshots == 1, "it fits"
    await tab.leave()
    await in_thread(fill, room, ada)
    tab = await connect(ben)
    await tab.follow(f"room.{room.pk}", replica)
    assert replica.snapshots == 2
    check_page(replica.content()["messages"])


async def test_a_snapshot_and_what_follows_are_a_fresh_snapshot(
    connect: Connect, room: Room, ada: User, ben: User
) -> None:
    """Law two, as far as the first snapshot went back."""
    await in_thread(fill, room, ada)
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    first = replica.content()["messages"][0]["seq"]
    for _message in range(3):
        await in_thread(say, room, ada, LONGEST)
    sent = await tab.send(room.pk, "short")
    await tab.ok("message.edit", message=sent["message"], body="shorter")
    await tab.caught_up()
    await in_thread(Message.objects.filter(room=room, seq__lt=first).delete)  # what was never held
    await same(replica, room)


async def test_lost_events_of_many_megabytes_are_made_good_page_by_page(
    connect: Connect, hub: Hub, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    lose(monkeypatch, hub, set(range(COUNT + 1)))
    await in_thread(fill, room, ada)
    await in_thread(say, room, ada, "the last")
    pages: list[int] = []
    stream = f"room.{room.pk}"
    advance = hub.topics[stream].advance

    def noted(head: int, events: list[bytes]) -> None:
        pages.append(sum(map(len, events)))
        advance(head, events)

    monkeypatch.setattr(hub.topics[stream], "advance", noted)
    await hub.housekeeping.reread()
    await tab.until(lambda: len(replica.messages) == COUNT + 1, "all of them")
    assert max(pages) < SIZE + ONE
    await same(replica, room)
    assert (replica.snapshots, tab.gaps) == (1, 0)
