"""The sidebar: exact on every tab and device, without following every room."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from accounts.models import User
from chat import message_services, services, sidebar, sidebar_stream
from chat.models import Notification, Room
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.protocol import encode
from realtime.streams import streams
from tests.conftest import Connect
from tests.support.rooms import make_room, say
from tests.support.wire import Tab

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are merged for a second; here for one turn of the loop."""
    monkeypatch.setattr(sidebar_stream, "FLUSH_SECONDS", 0.0)


class Sidebar:
    """A page's sidebar: the snapshot, then one line after the other."""

    def __init__(self, tab: Tab, snapshot: dict[str, Any]) -> None:
        self.tab, self.snapshot = tab, snapshot

    @classmethod
    async def of(cls, tab: Tab) -> "Sidebar":
        return cls(tab, (await tab.ok("subscribe", stream="me"))["snapshot"])

    def lines(self) -> dict[int, dict[str, Any]]:
        lines = {room["id"]: room for room in self.snapshot["rooms"]}
        for line in self.tab.data("me", "room"):
            lines[line["id"]] = line
        return {key: line for key, line in lines.items() if not line.get("gone")}

    async def shows(self, person: User) -> None:
        """Waits until it equals what the database says."""
        rooms = (await in_thread(sidebar.read_sidebar, person)).rooms
        expected = {room.id: msgspec.json.decode(encode(room)) for room in rooms}
        await self.tab.until(lambda: self.lines() == expected, f"{expected} in place of {self.lines()}")


async def test_the_snapshot_is_me_and_my_rooms(connect: Connect, room: Room, ada: User, ben: User) -> None:
    await in_thread(say, room, ada, "Hello @ben")
    tab = await connect(ben)
    bar = await Sidebar.of(tab)
    assert {key: bar.snapshot[key] for key in ("id", "name", "handle", "initials", "role")} == {
        "id": ben.pk, "name": "Ben", "handle": "ben", "initials": "BE", "role": "member",
    }  # fmt: skip
    assert bar.snapshot["rooms"] == [
        {"id": room.pk, "kind": "private", "name": "operations", "head": 1, "unread": 1, "mentions": 1}
    ]


async def test_a_message_in_a_room_not_looked_at_changes_its_line(
    connect: Connect, room: Room, ada: User, ben: User
) -> None:
    tab, other = await connect(ben), await connect(ada)
    bar = await Sidebar.of(tab)
    await other.send(room.pk, "one")
    await tab.until(lambda: bar.lines()[room.pk].get("unread") == 1, "one unread")
    taken = await other.send(room.pk, "two @ben")
    await tab.until(lambda: bar.lines()[room.pk].get("mentions") == 1, "a mention")
    await other.ok("message.delete", message=taken["message"])
    await tab.until(lambda: "mentions" not in bar.lines()[room.pk], "the mention gone")
    await bar.shows(ben)
    assert tab.of(f"room.{room.pk}") == []


async def test_what_is_read_on_one_device_is_read_on_all(connect: Connect, room: Room, ada: User, ben: User) -> None:
    await in_thread(say, room, ada)
    one, two = await connect(ben), await connect(ben)
    bars = [await Sidebar.of(one), await Sidebar.of(two)]
    await one.ok("room.read", room=room.pk, seq=1)
    for bar in bars:
        await bar.shows(ben)


async def test_rooms_come_and_go(connect: Connect, room: Room, ada: User, ben: User) -> None:
    tab = await connect(ben)
    bar = await Sidebar.of(tab)
    new = await in_thread(lambda: make_room(ada, ben, name="new"))
    await tab.until(lambda: new.pk in bar.lines(), "the new room")
    await in_thread(say, new, ada)
    await tab.until(lambda: bar.lines()[new.pk].get("unread") == 1, "news of the new room")
    await in_thread(services.open_direct, ada, [ben])
    await tab.until(lambda: len(bar.lines()) == 3, "the direct conversation")
    await in_thread(lambda: services.update_room(ada, new, name="newer", description="", welcome=False))
    await tab.until(lambda: bar.lines()[new.pk]["name"] == "newer", "the new name")
    await in_thread(services.leave_room, ben, new)
    await tab.until(lambda: new.pk not in bar.lines(), "the room gone")
    await in_thread(lambda: services.archive_room(ada, room, archived=True))
    await tab.until(lambda: bar.lines()[room.pk].get("archived"), "the archive")
    await bar.shows(ben)


async def test_a_storm_is_told_in_few_frames(
    connect: Connect, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sidebar_stream, "FLUSH_SECONDS", 0.2)
    tab, other = await connect(ben), await connect(ada)
    bar = await Sidebar.of(tab)
    for number in range(60):
        await other.send(room.pk, str(number))
    await tab.until(lambda: bar.lines()[room.pk].get("unread") == 60, "all of it")
    assert len(tab.of("me")) < 30
    await bar.shows(ben)


async def test_who_looks_no_more_is_computed_no_more(
    connect: Connect, hub: Hub, room: Room, ada: User, ben: User
) -> None:
    tab = await connect(ben)
    await Sidebar.of(tab)
    stream = streams["me"]
    assert isinstance(stream, sidebar_stream.MeStream)
    assert stream.get_updater(hub).readers == {room.pk: {ben.pk}}
    await tab.leave()
    assert (stream.get_updater(hub).readers, stream.get_updater(hub).rooms) == ({}, {})
    assert hub.subscriber.holders == {}
    assert hub.topics == {}


async def test_news_without_a_notification_is_found_by_reading_again(
    connect: Connect, hub: Hub, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await connect(ben)
    bar = await Sidebar.of(tab)
    await hub.housekeeping.reread()
    with monkeypatch.context() as deaf:
        deaf.setattr(hub, "handle_event", lambda event: None)
        await in_thread(say, room, ada)
        await tab.caught_up()
    assert "unread" not in bar.lines()[room.pk]
    await hub.housekeeping.reread()
    await tab.until(lambda: bar.lines()[room.pk].get("unread") == 1, "one unread")


async def test_news_while_the_snapshot_is_read_is_not_forgotten(
    connect: Connect, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab, read = await connect(ben), sidebar.read_sidebars

    def slow(people: Sequence[User]) -> Any:
        snapshots = read(people)
        say(room, ada, "meanwhile")
        return snapshots

    with monkeypatch.context() as patch:
        patch.setattr(sidebar, "read_sidebars", slow)
        bar = await Sidebar.of(tab)
    await bar.shows(ben)


@pytest.mark.parametrize("lost", ["a new room", "a read mark", "a removal"])
async def test_lines_whose_notification_was_lost_are_found_again(
    connect: Connect, hub: Hub, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    await in_thread(say, room, ada)
    tab = await connect(ben)
    bar = await Sidebar.of(tab)
    await hub.housekeeping.reread()
    with monkeypatch.context() as deaf:
        deaf.setattr(hub, "handle_event", lambda event: None)
        if lost == "a new room":
            await in_thread(lambda: make_room(ada, ben, name="new"))
        elif lost == "a read mark":
            await in_thread(message_services.mark_room_read, ben.pk, room.pk, 1)
        else:
            await in_thread(services.remove_member, ada, room, ben)
        await tab.caught_up()
    for _turn in range(sidebar_stream.MEMBERSHIPS_EVERY):
        await hub.housekeeping.reread()
    await bar.shows(ben)


async def test_a_favourite_is_one_in_all_tabs_of_its_user_alone(
    connect: Connect, room: Room, ada: User, ben: User
) -> None:
    tab, second, other = await connect(ben), await connect(ben), await connect(ada)
    bars = [await Sidebar.of(each) for each in (tab, second)]
    theirs = await Sidebar.of(other)
    await tab.ok("room.favourite", room=room.pk)
    for bar in bars:
        await bar.tab.until(lambda bar=bar: bar.lines()[room.pk].get("favourite"), "a favourite")  # type: ignore[misc]
        await bar.shows(ben)
    assert "favourite" not in theirs.lines()[room.pk]
    await second.ok("room.favourite", room=room.pk, on=False)
    for bar in bars:
        await bar.tab.until(lambda bar=bar: "favourite" not in bar.lines()[room.pk], "none")  # type: ignore[misc]


async def test_a_favourite_whose_notification_was_lost_is_found(
    connect: Connect, hub: Hub, room: Room, ben: User
) -> None:
    tab = await connect(ben)
    bar = await Sidebar.of(tab)
    await in_thread(room.memberships.filter(user=ben).update, favourite=True)
    for _time in range(sidebar_stream.MEMBERSHIPS_EVERY):
        await streams["me"].reread(hub)
    await tab.until(lambda: bar.lines()[room.pk].get("favourite"), "a favourite")


async def test_a_notification_by_a_worker_without_redis_is_found_once(
    connect: Connect, hub: Hub, room: Room, ada: User, ben: User
) -> None:
    tab = await connect(ben)
    bar = await Sidebar.of(tab)
    sent = await in_thread(say, room, ada, "@ben look")
    await bar.shows(ben)
    now = timezone.now()
    await in_thread(lambda: Notification.objects.create(user=ben, room=room, seq=sent.seq, due_at=now, told_at=now))
    await streams["me"].reread(hub)
    await bar.shows(ben)
    assert bar.lines()[room.pk]["notification"] == {"seq": sent.seq, "author": "Ada Lovelace", "text": "@Ben look"}
    count = len(tab.of("me"))
    for _time in range(3):
        await streams["me"].reread(hub)
        await tab.caught_up()
    assert len(tab.of("me")) == count
    await tab.ok("room.read", room=room.pk, seq=sent.seq)
    await tab.until(lambda: "notification" not in bar.lines()[room.pk], "no notification")
