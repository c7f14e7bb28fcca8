"""A conversation that goes on under faults, and the comparison of everybody with the database at its end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar
from uuid import uuid4

import msgspec
from django.conf import settings
from django.db import connections

from accounts.models import User, Workspace
from chat import serializers, services
from chat.message_validation import parse_incoming
from chat.models import Membership, Room
from chat.protocol import Sent
from chat.store import store_messages
from tests.faults.stack import PARTS, site, stack
from tests.support.lasting import Frame
from tests.support.talker import LETTERS, Person, Talker
from tests.support.wire import open_session, reached

TALKERS = 6
TIMEOUT = 60.0  # seconds; the heads come each 20
EVERYTHING = 10**6  # messages

P = ParamSpec("P")
T = TypeVar("T")


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """In this process and with a connection of its own, since the server may have died since the last one."""

    def call() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(call)


def prepare(count: int) -> tuple[int, list[Person]]:
    """A room and its members, who are signed in."""
    Workspace.objects.get_or_create(pk=1, defaults={"name": "Harbour team"})
    tag = uuid4().hex[:8]
    people = [
        User.objects.create_user(f"{tag}-{number}@example.com", None, name=f"Talker {number}")
        for number in range(count)
    ]
    room = services.create_room(people[0], name=f"faults {tag}", kind="private")
    services.add_members(people[0], room, people[1:])
    cookie = settings.SESSION_COOKIE_NAME
    return room.pk, [Person(each.pk, each.name, f"{cookie}={open_session(each)}") for each in people]


def read(room_id: int) -> Frame:
    """What a newcomer would see of a room if nothing were left out."""
    snapshot: Frame = msgspec.to_builtins(
        serializers.read_room_snapshot(Room.objects.get(pk=room_id), EVERYTHING, size=10**9)
    )
    del snapshot["more"]
    return snapshot


def head_of(room_id: int) -> int:
    return Room.objects.get(pk=room_id).rev


def marks_of(room_id: int) -> dict[int, int]:
    return dict(Membership.objects.filter(room=room_id).values_list("user_id", "last_read"))


class Conversation:
    def __init__(self, room: int, narrator: Person, talkers: list[Talker]) -> None:
        self.room = room
        self.narrator = narrator  # a member without a socket
        self.narrated: list[str] = []  # client_ids
        self.talkers = talkers
        self.lives = [asyncio.create_task(each.live()) for each in talkers]

    async def until(self, condition: Callable[[], object], what: str, timeout: float = TIMEOUT) -> None:
        def met() -> object:
            for life in self.lives:
                if life.done():
                    life.result()  # raises what ended it
            return condition()

        await reached(met, what, timeout)

    async def goes_on(self, by: int = 10, among: Sequence[Talker] = (), timeout: float = TIMEOUT) -> None:
        """Everyone who talks is heard again, several times, by everyone."""
        everyone = among or self.talkers
        talking = {each: len(each.stored) + by for each in everyone if not each.quiet.is_set()}
        await self.until(lambda: all(len(each.stored) >= goal for each, goal in talking.items()), "an answer", timeout)
        await self.hears(max(each.last["rev"] for each in talking), everyone, timeout)

    async def hears(self, rev: int, among: Sequence[Talker] = (), timeout: float = TIMEOUT) -> None:
        await self.until(lambda: all(each.holds(rev) for each in among or self.talkers), "hearing it", timeout)

    async def goes_on_for(self, seconds: float, among: Sequence[Talker] = ()) -> None:
        end = asyncio.create_task(asyncio.sleep(seconds))
        while not end.done():
            await self.goes_on(among=among)

    async def falls_silent(self) -> None:
        for each in self.talkers:
            each.quiet.set()
        await self.until(lambda: not any(each.outbox for each in self.talkers), "the last answer")

    async def stalls(self) -> None:
        """Everyone has said all that they say while nothing is stored."""
        await self.until(lambda: all(len(each.outbox) == LETTERS for each in self.talkers), "the silence")

    async def narrate(self, bodies: Sequence[str]) -> int:
        """In one transaction, as an import would, and not by a socket. Gives the rev of the last one."""
        client_ids = [str(uuid4()) for _body in bodies]
        self.narrated += client_ids
        author = self.narrator.id
        drafts = [parse_incoming(self.room, author, each, body) for each, body in zip(client_ids, bodies, strict=True)]
        *_, last = await in_database(store_messages, drafts)
        assert isinstance(last, Sent), last
        return last.rev

    async def narrate_by_page(self, body: str) -> None:
        client_id = str(uuid4())
        self.narrated.append(client_id)
        address = f"{site()}/rooms/{self.room}/messages/"
        await self.narrator.fetch(address, {"client_id": client_id, "body": body})

    async def ends(self) -> None:
        """Everybody holds what the database holds, and knows that this is all."""
        await self.falls_silent()
        await self.hears(await in_database(head_of, self.room))
        book = await in_database(read, self.room)
        self.compare(book)
        for each in self.talkers:
            assert await each.holds_the_end(), f"{each.person.name} has missed the end"
        await self.look_around(len(book["messages"]))

    def compare(self, book: Frame) -> None:
        messages = book["messages"]
        stored = {client_id: sent for each in self.talkers for client_id, sent in each.stored.items()}
        assert [each["seq"] for each in messages] == list(range(1, len(messages) + 1)), "no holes"
        assert sorted(each["client_id"] for each in messages) == sorted([*stored, *self.narrated]), "each of them once"
        places = {each["client_id"]: (each["id"], each["seq"]) for each in messages}
        assert all(places[each] == (sent["message"], sent["seq"]) for each, sent in stored.items()), "as acknowledged"
        for each in self.talkers:
            mine = [message["client_id"] for message in messages if message["author"] == each.person.id]
            assert mine == each.said, f"{each.person.name} said it in another order"
            same = each.replica.content() == book
            assert same, f"{each.person.name} sees something else"
            assert not each.gaps, f"{each.person.name} was not told in order: {each.gaps}"

    async def look_around(self, seq: int) -> None:
        """The sidebars are right, and everybody is there."""
        for each in self.talkers:
            await each.read()
        read = {"head": seq, "last_read": seq, "unread": 0}
        await self.until(
            lambda: all({"unread": 0, **each.line}.items() >= read.items() for each in self.talkers), "the read marks"
        )
        everyone = {each.person.id for each in self.talkers}
        assert await in_database(marks_of, self.room) == {self.narrator.id: 0, **dict.fromkeys(everyone, seq)}
        await self.until(lambda: all(each.here == everyone for each in self.talkers), "everybody's presence")


async def start_all() -> None:
    await stack("start", *PARTS)


@asynccontextmanager
async def conversation(
    ways: Sequence[Frame | None] = (None,) * TALKERS,
    listeners: int = 0,
    mend: Callable[[], Awaitable[None]] = start_all,
) -> AsyncIterator[Conversation]:
    """``ways`` are those of the talkers to the site, see :class:`tests.support.lasting.LastingSocket`.

    Listeners send nothing.

    ``mend`` puts right, for the next test, what a failed one left broken.
    """
    room, (narrator, *people) = await in_database(prepare, 1 + len(ways) + listeners)
    everyone = zip(people, [*ways, *[None] * listeners], strict=True)
    talkers = [Talker(site(), person, room, way) for person, way in everyone]
    for each in talkers[len(ways) :]:
        each.quiet.set()
    talk = Conversation(room, narrator, talkers)
    try:
        await talk.goes_on()
        yield talk
    except BaseException:
        await mend()
        raise
    finally:
        for life in talk.lives:
            life.cancel()
        await asyncio.wait(talk.lives)
