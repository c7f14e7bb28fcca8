"""Following a room: a snapshot or what was missed, then every event, once and in order."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from accounts.models import User, Workspace
from chat import message_services, serializers, services
from chat.models import Room
from chat.streams import MAX_RESUMED_EVENTS
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.protocol import encode
from realtime.streams import SubscribeRequest, streams
from tests.conftest import Connect
from tests.support.replica import Replica
from tests.support.rooms import draft, say, stored
from tests.support.wire import TIMEOUT

pytestmark = pytest.mark.django_db(transaction=True)


def fresh(room: Room) -> dict[str, Any]:
    """What the database says now, as somebody who comes new would get it."""
    room.refresh_from_db()
    snapshot: dict[str, Any] = msgspec.json.decode(encode(serializers.read_room_snapshot(room, 10_000, size=10**9)))
    return {key: snapshot[key] for key in ("room", "members", "messages")}


async def same(replica: Replica, room: Room) -> None:
    assert replica.content() == await in_thread(fresh, room)


async def test_the_first_answer_is_a_snapshot(connect: Connect, room: Room, ada: User, ben: User) -> None:
    await in_thread(say, room, ada, "Hello @ben")
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    assert replica.snapshots == 1
    link = f'<a class="mention" data-user="{ben.pk}" rel="noopener noreferrer nofollow ugc">@Ben</a>'
    assert replica.said() == [f"<p>Hello {link}</p>"]
    await same(replica, room)


async def test_a_snapshot_holds_the_last_fifty_and_says_that_there_are_more(
    connect: Connect, room: Room, ada: User
) -> None:
    await in_thread(stored, [draft(room, ada, str(number)) for number in range(51)])
    tab = await connect(ada)
    answer = await tab.ok("subscribe", stream=f"room.{room.pk}")
    assert [message["seq"] for message in answer["snapshot"]["messages"]] == list(range(2, 52))
    assert answer["snapshot"]["more"] is True
    assert answer["recovered"] is False


async def test_every_kind_of_change_reaches_everyone(
    connect: Connect, room: Room, ada: User, ben: User, eve: User
) -> None:
    tabs = [await connect(ada), await connect(ben), await connect(ben)]
    for tab in tabs:
        await tab.follow(f"room.{room.pk}")
    sent = await tabs[1].send(room.pk, "Hello")
    await tabs[0].ok("message.react", message=sent["message"], emoji="🎉")
    await tabs[1].ok("message.edit", message=sent["message"], body="Hello again")
    await tabs[0].ok("message.delete", message=(await tabs[1].send(room.pk, "oops"))["message"])
    await in_thread(services.add_members, ada, room, [eve])
    await in_thread(lambda: services.update_room(ada, room, name="ops", description="all of it", welcome=False))
    head = (await in_thread(Room.objects.get, pk=room.pk)).rev
    for tab in tabs:
        replica = tab.rooms[f"room.{room.pk}"]
        await tab.until(lambda replica=replica: replica.have == head, "the last event")
        await same(replica, room)
        assert (replica.snapshots, tab.gaps) == (1, 0)
        revs = [event["rev"] for event in tab.of(f"room.{room.pk}")]
        assert revs == sorted(set(revs)), "once, and in order"


async def test_who_comes_back_gets_what_was_missed(connect: Connect, room: Room, ada: User, ben: User) -> None:
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    first = await tab.send(room.pk, "one")
    await tab.leave()
    await in_thread(message_services.set_reaction, ada, first["message"], "👍", True)
    await in_thread(say, room, ada, "two")
    again = await connect(ben)
    await again.follow(f"room.{room.pk}", replica)
    assert replica.snapshots == 1, "recovered"
    await same(replica, room)


async def test_who_missed_nothing_gets_nothing(connect: Connect, room: Room, ben: User) -> None:
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    answer = await tab.ok("subscribe", stream=replica.stream, after=replica.have, epoch=replica.epoch)
    assert answer["recovered"] is True
    assert answer.get("events", []) == []


@pytest.mark.parametrize(
    "behind", ["another epoch", "no epoch", "no place", "ahead of the room", "before the beginning"]
)
async def test_who_cannot_be_caught_up_starts_from_a_snapshot(
    connect: Connect, room: Room, ben: User, behind: str
) -> None:
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    held: dict[str, Any] = {"after": replica.have, "epoch": replica.epoch}
    others: dict[str, dict[str, Any]] = {
        "another epoch": {"epoch": "other"},
        "no epoch": {"epoch": ""},
        "no place": {"after": None},
        "ahead of the room": {"after": (replica.have or 0) + 1},
        "before the beginning": {"after": -600},
    }
    answer = await tab.ok("subscribe", stream=replica.stream, **{**held, **others[behind]})
    assert answer["recovered"] is False
    assert answer["snapshot"]["room"]["id"] == room.pk


async def test_a_restored_backup_has_another_epoch(connect: Connect, room: Room, ben: User) -> None:
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    await in_thread(lambda: Workspace.objects.update(epoch="restored"))
    await tab.follow(f"room.{room.pk}")
    assert replica.snapshots == 2
    assert replica.epoch == "restored"


async def test_who_has_missed_many_bytes_starts_from_a_snapshot(
    connect: Connect, room: Room, ada: User, ben: User
) -> None:
    """A slow reader would be cut while megabytes of events come, and would ask for the same again."""
    tab = await connect(ben)
    held = (await tab.follow(f"room.{room.pk}")).resume()
    await in_thread(stored, [draft(room, ada, "x" * 10_000) for _message in range(120)])
    answer = await tab.ok("subscribe", stream=f"room.{room.pk}", **held)
    assert answer["recovered"] is False
    assert len(answer["snapshot"]["messages"]) == serializers.MESSAGES_PER_PAGE


@pytest.mark.parametrize(("missed", "recovered"), [(MAX_RESUMED_EVENTS - 1, True), (MAX_RESUMED_EVENTS + 1, False)])
async def test_who_missed_too_much_starts_from_a_snapshot(
    connect: Connect, room: Room, ada: User, missed: int, recovered: bool
) -> None:
    tab = await connect(ada)
    replica = await tab.follow(f"room.{room.pk}")
    held = {"after": replica.have, "epoch": replica.epoch}
    await tab.leave()
    await in_thread(stored, [draft(room, ada) for _number in range(missed)])
    again = await connect(ada)
    answer = await again.ok("subscribe", stream=f"room.{room.pk}", **held)
    assert answer["recovered"] is recovered
    assert answer["head"] == (held["after"] or 0) + missed


async def test_asking_again_on_the_same_socket_doubles_nothing(
    connect: Connect, room: Room, ada: User, ben: User
) -> None:
    tab = await connect(ben)
    for _time in range(3):
        replica = await tab.follow(f"room.{room.pk}")
    await tab.send(room.pk, "once")
    await tab.caught_up()
    assert len(tab.of(f"room.{room.pk}", "message.created")) == 1
    await same(replica, room)


async def test_who_stops_following_hears_no_more(connect: Connect, hub: Hub, room: Room, ada: User, ben: User) -> None:
    tab, other = await connect(ben), await connect(ada)
    await tab.follow(f"room.{room.pk}")
    await tab.ok("unsubscribe", stream=f"room.{room.pk}")
    await tab.ok("unsubscribe", stream=f"room.{room.pk}")  # twice does no harm
    await other.send(room.pk, "unheard")
    await tab.caught_up()
    assert tab.of(f"room.{room.pk}") == []
    assert f"room.{room.pk}" not in hub.topics


async def test_what_happens_while_the_answer_is_read_comes_after_it(
    connect: Connect, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message is committed and published between the reading of the answer and its arrival."""
    tab, open_room = await connect(ben), streams["room"].open

    def slow(*args: Any) -> Any:
        answer = open_room(*args)
        say(room, ada, "meanwhile")
        return answer

    monkeypatch.setattr(streams["room"], "open", slow)
    for _time in range(2):  # fresh, and asked again on the same socket
        replica = await tab.follow(f"room.{room.pk}")
        await tab.until(lambda: tab.of(f"room.{room.pk}"), "what was said meanwhile")
        await tab.caught_up()
    assert (replica.snapshots, tab.gaps) == (1, 0)
    await same(replica, room)


async def test_two_who_open_a_room_together_both_hear_what_is_said_meanwhile(
    connect: Connect, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer that was read first arrives last, when the other one has begun the topic further on."""
    tab, other, open_room = await connect(ben), await connect(ada), streams["room"].open
    has_read, may_answer = threading.Event(), threading.Event()

    def slow(asked: Sequence[SubscribeRequest]) -> Any:
        answer = open_room(asked)
        if asked[0].user_id == ben.pk and not has_read.is_set():
            has_read.set()
            may_answer.wait(TIMEOUT)
        return answer

    monkeypatch.setattr(streams["room"], "open", slow)
    following = asyncio.create_task(tab.follow(f"room.{room.pk}"))
    assert await asyncio.to_thread(has_read.wait, TIMEOUT)
    await in_thread(say, room, ada, "meanwhile")
    await other.follow(f"room.{room.pk}")
    may_answer.set()
    replica = await following
    await other.send(room.pk, "afterwards")
    await tab.until(lambda: "<p>afterwards</p>" in replica.said(), "what was said afterwards")
    assert tab.gaps == 0
    await same(replica, room)


@pytest.mark.parametrize(
    "stream",
    ["", ".", "room", "room.", "room.x", "room.-1", "room.1e3", "room.٣", "socket", "nothing.1", "me.1", "presence.x"],
)
async def test_a_stream_that_is_not_there_is_not_found(connect: Connect, ben: User, stream: str) -> None:
    tab = await connect(ben)
    assert (await tab.error("subscribe", stream=stream))["code"] == "not_found"
    assert (await tab.ok("unsubscribe", stream=stream)) == {}
    await tab.caught_up()


async def test_heads_tell_how_far_the_logs_are(connect: Connect, hub: Hub, room: Room, ben: User) -> None:
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    await tab.ok("subscribe", stream="me")
    await tab.send(room.pk, "Hello")
    await hub.housekeeping.send_heads()
    await tab.until(lambda: tab.data("socket", "heads"), "heads")
    assert tab.data("socket", "heads") == [{f"room.{room.pk}": replica.have}]
