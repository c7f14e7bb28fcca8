"""Law two: snapshot + events == a fresh snapshot, whatever happened in between.

Random histories of several clients, with layer events lost, events lost on the way to a client, sockets cut, comings
and goings. The clients are the page's own modules, outbox included, in a Node process; in the end all hold what the
database holds. The hub repairs lost layer events before a client could notice them; only what is lost behind the hub
is found by the client's own checks, of gaps and of heads.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from chat import memberships, services, streams
from chat.models import Message, Room
from chat.serializers import select_members, serialize_member
from realtime import hub as hubs
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.protocol import encode
from tests.integration.realtime.test_subscribe import fresh
from tests.support.clients import Client, Clients
from tests.support.rooms import make_room

CLIENTS = 4  # Ada, Ben on two devices, and Cleo, who comes and goes like Ben

number = st.integers(0, CLIENTS - 1)
place = st.integers(0, 11)
STEPS = st.one_of(
    st.tuples(st.just("say"), number, st.integers(1, 4)),
    st.tuples(st.just("edit"), number, place),
    st.tuples(st.just("react"), number, place),
    st.tuples(st.just("delete"), number, place),
    st.tuples(st.just("rename"), number, place),
    st.tuples(st.just("rename_user"), number, place),
    st.tuples(st.just("leave"), number, place),
    st.tuples(st.just("join"), number, place),
    st.tuples(st.just("lose_notifications"), number, st.integers(1, 3)),
    st.tuples(st.just("lose_events"), number, st.integers(1, 3)),
    st.tuples(st.just("cut"), number, place),
    st.tuples(st.just("connect"), number, place),
    st.tuples(st.just("reread"), number, place),
)
Step = tuple[str, int, int]


class History:
    """One run of steps over a room of its own."""

    def __init__(self, people: list[User]) -> None:
        self.people = people
        self.lost = 0
        self.expelled: set[Client] = set()  # devices whose user left the room: they do not follow it any more

    async def run(self, steps: list[Step]) -> None:
        self.room = await in_thread(lambda: make_room(*self.people, kind="open"))
        self.hub = hubs.get_hub()
        self.hub.housekeeping.stop()
        self.lose_some(self.hub)
        ada, ben, cleo = self.people
        self.clients = Clients()
        await self.clients.start()
        self.devices = [self.clients.add(user, self.room.pk) for user in (ada, ben, ben, cleo)]
        try:
            for device in self.devices:
                device.follow()
                await device.connect()
            for verb, who, what in steps:
                await getattr(self, verb)(self.devices[who], what)
            await self.finish()
        finally:
            for device in self.devices:
                await device.cut()
            await self.clients.stop()
            await self.hub.shut_down()

    def lose_some(self, hub: Hub) -> None:
        handle: Callable[[Any], None] = hub.handle_event

        def forgetful(event: Any) -> None:
            if self.lost and "topic" in event:
                self.lost -= 1
            else:
                handle(event)

        hub.handle_event = forgetful  # type: ignore[method-assign]

    async def say(self, device: Client, count: int) -> None:
        for turn in range(count):
            device.post(f"{device.user.name} {turn} **x** @ben")

    async def change(self, device: Client, place: int, do: str, **fields: Any) -> None:
        messages = (await device.content())["messages"]
        if device.connection and messages:
            await device.command(do, message=messages[place % len(messages)]["id"], **fields)

    async def edit(self, device: Client, place: int) -> None:
        await self.change(device, place, "message.edit", body=f"edited {place} @ada.lovelace")

    async def react(self, device: Client, place: int) -> None:
        await self.change(device, place, "message.react", emoji="👍🎉😀"[place % 3], on=place % 4 > 0)

    async def delete(self, device: Client, place: int) -> None:
        await self.change(device, place, "message.delete")

    async def rename(self, device: Client, place: int) -> None:
        ada = self.people[0]
        await in_thread(lambda: services.update_room(ada, self.room, name=f"n{place}", description="", welcome=False))

    async def rename_user(self, device: Client, place: int) -> None:
        def rename() -> None:
            device.user.name = f"{device.user.handle} {place}"
            device.user.save()
            services.record_user_change(device.user)

        await in_thread(rename)

    async def leave(self, device: Client, place: int) -> None:
        if device.user != self.people[0]:
            await in_thread(services.leave_room, device.user, self.room)
            self.expelled |= {other for other in self.devices if other.user == device.user}

    async def join(self, device: Client, place: int) -> None:
        await in_thread(services.join_room, device.user, self.room)
        device.follow()
        self.expelled.discard(device)
        if device.connection:
            await self.clients.until(lambda: device.state["live"] and device.state["rev"] is not None, "the room")

    async def lose_notifications(self, device: Client, count: int) -> None:
        self.lost += count

    async def lose_events(self, device: Client, count: int) -> None:
        device.to_lose += count

    async def cut(self, device: Client, place: int) -> None:
        await device.cut()

    async def connect(self, device: Client, place: int) -> None:
        await device.connect()

    async def reread(self, device: Client, place: int) -> None:
        await self.hub.housekeeping.reread()

    def is_sent(self, device: Client) -> bool:
        return not device.state["unsent"]

    def is_up_to_date(self, device: Client) -> bool:
        return bool(device.state["rev"] == self.room.rev)

    async def finish(self) -> None:
        """Everyone who left comes back in; then one reread and one round of heads must be enough."""
        for device in self.devices:
            await device.content()  # its answer comes behind every report of what was posted
            if device.connection:
                await self.clients.until(partial(self.is_sent, device), "an answer to everything sent")
        self.lost = 0
        for device in self.devices:
            device.to_lose = 0
            if device in self.expelled:  # who still follows must find by itself what it lost
                await self.join(device, 0)
            await device.connect()
        for device in self.devices:
            await self.clients.until(partial(self.is_sent, device), "an answer to everything sent")
        await self.hub.housekeeping.reread()
        await self.hub.housekeeping.send_heads()
        database = await in_thread(fresh, self.room)
        for device in self.devices:
            await self.clients.until(partial(self.is_up_to_date, device), "the head")
            self.compare(await device.content(), database, await in_thread(read_all_members, self.room))
        sent = [message["client_id"] for message in database["messages"]]
        assert len(sent) == len(set(sent)), "nothing twice"

    def compare(self, held: Any, database: Any, members: list[Any]) -> None:
        if self.room.large:
            assert all(member in members for member in held["members"]), "nobody is held as they were before"
            assert all(member in held["members"] for member in database["members"]), "whoever is named is known"
            held["members"] = database["members"]
        assert held == database


def read_all_members(room: Room) -> list[Any]:
    members: list[Any] = msgspec.json.decode(encode([*map(serialize_member, select_members(room.pk))]))
    return members


@pytest.mark.timeout(300)
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(STEPS, min_size=4, max_size=30))
@example(steps=[("say", 0, 1), ("lose_events", 1, 1), ("edit", 0, 0), ("react", 0, 0)])  # a gap
@example(steps=[("say", 0, 1), ("react", 0, 0), ("lose_events", 1, 3), ("edit", 0, 0)])  # only the heads tell
def test_every_client_ends_with_what_the_database_holds(
    transactional_db: None, ada: User, ben: User, cleo: User, monkeypatch: pytest.MonkeyPatch, steps: list[Step]
) -> None:
    monkeypatch.setattr(streams, "MAX_RESUMED_EVENTS", 12)
    asyncio.run(History([ada, ben, cleo]).run(steps))
    assert Message.objects.count() == sum(room.seq for room in Room.objects.all())


@pytest.mark.timeout(300)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(STEPS, min_size=4, max_size=30), carried=st.integers(1, 2))
@example(steps=[("cut", 0, 0), ("say", 3, 1), ("rename_user", 3, 0), ("connect", 0, 0), ("react", 1, 0)], carried=1)
@example(steps=[("say", 1, 1), ("leave", 1, 0), ("rename_user", 1, 1), ("say", 0, 1), ("join", 1, 0)], carried=2)
def test_every_client_of_a_large_room_knows_whom_it_shows(
    transactional_db: None,
    ada: User,
    ben: User,
    cleo: User,
    monkeypatch: pytest.MonkeyPatch,
    steps: list[Step],
    carried: int,
) -> None:
    monkeypatch.setattr(streams, "MAX_RESUMED_EVENTS", 12)
    monkeypatch.setattr(memberships, "MAX_CARRIED", carried)
    asyncio.run(History([ada, ben, cleo]).run(steps))
