"""Who is here and who types. Time is moved by hand; nobody waits for it."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from accounts.models import User
from chat import online_members, services
from chat.models import Room
from realtime import presence
from realtime.database import in_thread
from realtime.hub import Hub
from tests.conftest import Connect
from tests.support.redis import listening

pytestmark = pytest.mark.django_db(transaction=True)


class Clock(SimpleNamespace):
    """Stands in for the module ``time``."""

    ahead = 0.0

    def time(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(presence, "time", clock)
    return clock


async def test_a_snapshot_says_who_is_here(connect: Connect, room: Room, ada: User, ben: User, cleo: User) -> None:
    await connect(cleo)
    tab = await connect(ada)
    stream = f"presence.{room.pk}"
    assert (await tab.ok("subscribe", stream=stream))["snapshot"] == {"count": 1, "here": [ada.pk]}
    other = await connect(ben)
    assert (await other.ok("subscribe", stream=stream))["snapshot"] == {"count": 2, "here": sorted([ada.pk, ben.pk])}


async def test_who_comes_is_seen_by_members_alone(
    connect: Connect, hub: Hub, room: Room, ada: User, ben: User, cleo: User
) -> None:
    tab = await connect(ada)
    await hub.housekeeping.update_presence()
    stream = f"presence.{room.pk}"
    await tab.ok("subscribe", stream=stream)
    await connect(cleo)
    await connect(ben)
    await hub.housekeeping.update_presence()
    await tab.until(lambda: tab.data(stream), "Ben's coming")
    assert tab.data(stream) == [{"count": 2, "joined": [ben.pk]}]


async def test_a_person_leaves_when_the_last_tab_has_been_gone_a_while(
    connect: Connect, hub: Hub, room: Room, ada: User, ben: User, clock: Clock
) -> None:
    tab, one, two = await connect(ada), await connect(ben), await connect(ben)
    await hub.housekeeping.update_presence()
    stream = f"presence.{room.pk}"
    await tab.ok("subscribe", stream=stream)

    async def later(seconds: float) -> list[Any]:
        clock.ahead += seconds
        await hub.housekeeping.update_presence()
        await tab.caught_up()
        return list(tab.data(stream))

    assert await later(60) == [], "anyone who is connected stays"
    await one.leave()
    assert await later(60) == [], "another tab is open"
    await two.leave()
    assert await later(presence.Presence.GRACE - 1) == [], "a reload is no leaving"
    assert await later(2) == [{"count": 1, "left": [ben.pk]}]


async def test_a_reload_is_not_noticed(
    connect: Connect, hub: Hub, room: Room, ada: User, ben: User, clock: Clock
) -> None:
    tab, other = await connect(ada), await connect(ben)
    await hub.housekeeping.update_presence()
    await tab.ok("subscribe", stream=f"presence.{room.pk}")
    for _reload in range(3):
        await other.leave()
        clock.ahead += presence.Presence.GRACE / 2
        await hub.housekeeping.update_presence()
        other = await connect(ben)
    await hub.housekeeping.update_presence()
    await tab.caught_up()
    assert tab.data(f"presence.{room.pk}") == []


async def test_in_a_crowd_only_the_number_is_told(
    connect: Connect, hub: Hub, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(online_members, "LIST_LIMIT", 1)
    tab = await connect(ada)
    await hub.housekeeping.update_presence()
    stream = f"presence.{room.pk}"
    await tab.ok("subscribe", stream=stream)
    other = await connect(ben)
    await hub.housekeeping.update_presence()
    await tab.until(lambda: tab.data(stream), "the number")
    assert tab.data(stream) == [{"count": 2}]
    assert (await other.ok("subscribe", stream=stream))["snapshot"] == {"count": 2, "here": []}


async def test_typing_reaches_those_who_look_at_the_room(connect: Connect, room: Room, ada: User, ben: User) -> None:
    tab, other, elsewhere = await connect(ada), await connect(ben), await connect(ada)
    stream = f"presence.{room.pk}"
    for each in (tab, other):
        await each.ok("subscribe", stream=stream)
    await other.ok("typing", room=room.pk)
    await tab.until(lambda: tab.of(stream, "typing"), "Ben's typing")
    (data,) = tab.data(stream, "typing")
    assert data["user"] == ben.pk
    assert data["seconds"] > 3, "longer than the pause in which a client repeats itself"
    await elsewhere.caught_up()
    assert elsewhere.of(stream) == []


async def test_typing_needs_to_look_at_the_room(connect: Connect, room: Room, ada: User) -> None:
    tab = await connect(ada)
    assert (await tab.error("typing", room=room.pk))["code"] == "not_found"


async def test_who_was_removed_types_no_more(connect: Connect, room: Room, ada: User, ben: User) -> None:
    tab = await connect(ben)
    await tab.ok("subscribe", stream=f"presence.{room.pk}")
    await tab.ok("subscribe", stream="me")
    await in_thread(services.remove_member, ada, room, ben)
    await tab.until(lambda: tab.of(f"presence.{room.pk}", "closed"), "the end of the stream")
    assert (await tab.error("typing", room=room.pk))["code"] == "not_found"


@pytest.mark.usefixtures("real_redis")
async def test_people_of_another_process_are_seen(
    connect: Connect, hub: Hub, other_hub: Hub, room: Room, ada: User, ben: User, clock: Clock
) -> None:
    tab = await connect(ada)
    await hub.housekeeping.update_presence()
    stream = f"presence.{room.pk}"
    await tab.ok("subscribe", stream=stream)
    other = await connect(ben, on=other_hub)
    await other_hub.housekeeping.update_presence()
    await hub.housekeeping.update_presence()
    await tab.until(lambda: tab.data(stream), "Ben's coming")
    await listening(hub, f"room.{room.pk}")
    await other.ok("subscribe", stream=stream)
    await other.ok("typing", room=room.pk)
    await tab.until(lambda: tab.of(stream, "typing"), "typing on another process")
    await other.leave()
    clock.ahead += presence.Presence.GRACE + 1
    await hub.housekeeping.update_presence()
    await tab.until(lambda: len(tab.of(stream, "presence")) == 2, "Ben's leaving")
    assert tab.data(stream, "presence") == [{"count": 2, "joined": [ben.pk]}, {"count": 1, "left": [ben.pk]}]
