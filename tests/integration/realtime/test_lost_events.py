"""The database is the source of truth, the layer only notifies: lost events are read again."""

from typing import Any

import pytest

from accounts.models import User
from chat import message_services
from chat.models import Room
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.streams import streams
from tests.conftest import Connect
from tests.integration.realtime.test_subscribe import same
from tests.support.rooms import say

pytestmark = pytest.mark.django_db(transaction=True)


def lose(monkeypatch: pytest.MonkeyPatch, hub: Hub, which: set[int]) -> None:
    """Drops these of the next layer events."""
    handle, count = hub.handle_event, iter(range(10**6))
    monkeypatch.setattr(hub, "handle_event", lambda event: None if next(count) in which else handle(event))


async def test_lost_events_are_made_good_by_reading_again(
    connect: Connect, hub: Hub, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    lose(monkeypatch, hub, set(range(5)))
    for body in ("one", "two", "three"):
        await in_thread(say, room, ada, body)
    await tab.caught_up()
    assert replica.said() == []
    await hub.housekeeping.reread()
    await tab.caught_up()
    assert replica.said() == ["<p>one</p>", "<p>two</p>", "<p>three</p>"]
    await same(replica, room)
    assert (replica.snapshots, tab.gaps) == (1, 0)


async def test_a_gap_is_read_from_the_database_before_what_follows_it(
    connect: Connect, hub: Hub, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    lose(monkeypatch, hub, {0, 2})
    for body in ("one", "two", "three", "four"):
        await in_thread(say, room, ada, body)
    await tab.until(lambda: len(replica.messages) == 4, "all four")
    revs = [event["rev"] for event in tab.of(f"room.{room.pk}")]
    assert revs == sorted(set(revs))
    await same(replica, room)
    assert (replica.snapshots, tab.gaps) == (1, 0), "the server repaired it, the client had nothing to ask"


async def test_states_that_were_overwritten_meanwhile_leave_no_gap_behind(
    connect: Connect, hub: Hub, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    sent = await tab.send(room.pk, "first")
    lose(monkeypatch, hub, set(range(6)))
    for number in range(4):
        await in_thread(message_services.edit_message, ben, sent["message"], f"edited {number}")
    await in_thread(say, room, ada, "second")
    await in_thread(message_services.edit_message, ben, sent["message"], "edited at last")
    await in_thread(say, room, ada, "third")
    await tab.until(lambda: len(replica.messages) == 3, "all three")
    await same(replica, room)
    repaired = [event for event in tab.of(f"room.{room.pk}") if "after" in event]
    assert repaired, "an event says what it follows where numbers are left out"
    assert tab.gaps == 0


async def test_the_heads_show_a_client_that_the_last_events_were_lost(
    connect: Connect, hub: Hub, room: Room, ada: User, ben: User
) -> None:
    """Lost between the server and the client, where nothing follows that would show it."""
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    have = replica.have
    await in_thread(say, room, ada, "lost on the way")
    await tab.until(lambda: replica.messages, "the message")
    replica.have, replica.messages = have, {}
    await hub.housekeeping.send_heads()
    await tab.until(lambda: replica.said() == ["<p>lost on the way</p>"], "what was lost")
    assert replica.snapshots == 1


async def test_an_early_event_with_a_gap_before_it_is_made_good(
    connect: Connect, hub: Hub, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first event is lost while the first answer is being read; the second comes before that answer."""
    tab, open_room = await connect(ben), streams["room"].open

    def slow(*args: Any) -> Any:
        answer = open_room(*args)
        lose(monkeypatch, hub, {0})
        say(room, ada, "one")
        say(room, ada, "two")
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(streams["room"], "open", slow)
        replica = await tab.follow(f"room.{room.pk}")
    await tab.until(lambda: len(replica.said()) == 2, "both messages")
    await same(replica, room)
