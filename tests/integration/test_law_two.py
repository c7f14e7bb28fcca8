"""Law two: snapshot + events == a fresh snapshot, whatever happened in between.

Random histories of several clients, with bells lost, sockets cut, comings and goings. Every client speaks the protocol
as its page says, with an outbox; in the end all hold what the database holds.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from chat import serializers, services
from chat.models import Membership, Message, Room
from realtime import hub as hubs
from realtime.database import in_thread
from realtime.hub import Hub
from tests.integration.test_subscribe import fresh
from tests.replica import Replica
from tests.rooms import make_room
from tests.wire import Tab, open_session

CLIENTS = 4  # Ada, Ben on two devices, and Cleo, who comes and goes like Ben

number = st.integers(0, CLIENTS - 1)
place = st.integers(0, 11)
STEPS = st.one_of(
    st.tuples(st.just("say"), number, st.integers(1, 4)),
    st.tuples(st.just("edit"), number, place),
    st.tuples(st.just("react"), number, place),
    st.tuples(st.just("delete"), number, place),
    st.tuples(st.just("rename"), number, place),
    st.tuples(st.just("leave"), number, place),
    st.tuples(st.just("join"), number, place),
    st.tuples(st.just("lose_bells"), number, st.integers(1, 3)),
    st.tuples(st.just("cut"), number, place),
    st.tuples(st.just("connect"), number, place),
    st.tuples(st.just("reread"), number, place),
)
Step = tuple[str, int, int]


class Device:
    """A page: at most one tab, the copy of the room that outlives it, and what is not acknowledged yet."""

    def __init__(self, person: User, room: Room) -> None:
        self.person, self.room = person, room
        self.replica = Replica(f"room.{room.pk}")
        self.outbox: dict[str, str] = {}  # client_id -> body
        self.tab: Tab | None = None
        self.asked: dict[int, str] = {}  # command -> client_id

    async def connect(self) -> None:
        if self.tab is None:
            self.tab = Tab(await in_thread(open_session, self.person))
            self.asked = {}
            await self.tab.open()
            if await in_thread(Membership.objects.filter(room=self.room, user=self.person, active=True).exists):
                await self.tab.follow(self.replica.stream, self.replica)
            for client_id, body in self.outbox.items():
                self.send(client_id, body)

    async def cut(self) -> None:
        if self.tab:
            self.read_answers()
            await self.tab.leave()
            self.read_answers()
            self.tab = None

    def say(self, body: str) -> None:
        client_id = str(uuid4())
        self.outbox[client_id] = body
        if self.tab:
            self.send(client_id, body)

    def send(self, client_id: str, body: str) -> None:
        assert self.tab
        asked = self.tab.tell("message.send", room=self.room.pk, client_id=client_id, body=body)
        self.asked[asked] = client_id

    def read_answers(self) -> None:
        assert self.tab
        for asked in list(self.asked):
            if asked in self.tab.answers:
                self.outbox.pop(self.asked.pop(asked), None)


class History:
    """One run of steps over a room of its own."""

    def __init__(self, people: list[User]) -> None:
        self.people = people
        self.lost = 0

    async def run(self, steps: list[Step]) -> None:
        self.room = await in_thread(lambda: make_room(*self.people, kind="open"))
        self.hub = hubs.get_hub()
        self.hub.duties.stop()
        self.lose_some(self.hub)
        ada, ben, cleo = self.people
        self.devices = [Device(person, self.room) for person in (ada, ben, ben, cleo)]
        try:
            for device in self.devices:
                await device.connect()
            for verb, who, what in steps:
                await getattr(self, verb)(self.devices[who], what)
            await self.finish()
        finally:
            for device in self.devices:
                await device.cut()
            await self.hub.shut()

    def lose_some(self, hub: Hub) -> None:
        take: Callable[[Any], None] = hub.take

        def forgetful(bell: Any) -> None:
            if self.lost and "topic" in bell:
                self.lost -= 1
            else:
                take(bell)

        hub.take = forgetful  # type: ignore[method-assign]

    async def say(self, device: Device, count: int) -> None:
        for turn in range(count):
            device.say(f"{device.person.name} {turn} **x** @ben")

    async def change(self, device: Device, place: int, do: str, **fields: Any) -> None:
        messages = device.replica.content()["messages"]
        if device.tab and messages:
            await device.tab.answer(device.tab.tell(do, message=messages[place % len(messages)]["id"], **fields))

    async def edit(self, device: Device, place: int) -> None:
        await self.change(device, place, "message.edit", body=f"edited {place} @ada.lovelace")

    async def react(self, device: Device, place: int) -> None:
        await self.change(device, place, "message.react", emoji="👍🎉😀"[place % 3], on=place % 4 > 0)

    async def delete(self, device: Device, place: int) -> None:
        await self.change(device, place, "message.delete")

    async def rename(self, device: Device, place: int) -> None:
        ada = self.people[0]
        await in_thread(lambda: services.update_room(ada, self.room, name=f"n{place}", description="", welcome=False))

    async def leave(self, device: Device, place: int) -> None:
        if device.person != self.people[0]:
            await in_thread(services.leave_room, device.person, self.room)

    async def join(self, device: Device, place: int) -> None:
        await in_thread(services.join_room, device.person, self.room)
        if device.tab:
            await device.tab.follow(device.replica.stream, device.replica)

    async def lose_bells(self, device: Device, count: int) -> None:
        self.lost += count

    async def cut(self, device: Device, place: int) -> None:
        await device.cut()

    async def connect(self, device: Device, place: int) -> None:
        await device.connect()

    async def reread(self, device: Device, place: int) -> None:
        await self.hub.duties.reread()

    def is_up_to_date(self, device: Device) -> bool:
        return device.replica.have == self.room.rev

    async def finish(self) -> None:
        """Everyone comes back in; then one reread and one round of heads must be enough."""
        self.lost = 0
        for device in self.devices:
            await self.join(device, 0)
            await device.connect()
        for device in self.devices:
            assert device.tab
            for asked in list(device.asked):
                await device.tab.answer(asked)
            device.read_answers()
        await self.hub.duties.reread()
        await self.hub.duties.tell_heads()
        book = await in_thread(fresh, self.room)
        for device in self.devices:
            assert device.tab
            assert not device.outbox, "everything was answered"
            await device.tab.until(partial(self.is_up_to_date, device), "the head")
            assert device.replica.content() == book
        sent = [message["client_id"] for message in book["messages"]]
        assert len(sent) == len(set(sent)), "nothing twice"


@pytest.mark.timeout(300)
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(STEPS, min_size=4, max_size=30))
def test_every_client_ends_with_what_the_database_holds(
    transactional_db: None, ada: User, ben: User, cleo: User, monkeypatch: pytest.MonkeyPatch, steps: list[Step]
) -> None:
    monkeypatch.setattr(serializers, "MAX_RESUMED_EVENTS", 12)
    asyncio.run(History([ada, ben, cleo]).run(steps))
    assert Message.objects.count() == sum(room.seq for room in Room.objects.all())
