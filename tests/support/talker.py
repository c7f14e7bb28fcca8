"""Someone who goes on talking over real sockets, whatever happens to the servers, and misses nothing."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

from django.conf import settings

from tests.support.lasting import Frame, LastingSocket
from tests.support.replica import Behind, Replica

PAUSE = 0.1  # seconds between two sentences
LETTERS = 5  # not stored yet; who has so many says nothing more
READ_EVERY = 10  # sentences
AGAIN = 0.1  # seconds
TOKEN = "x" * 32  # against forged requests: the cookie and the header have to agree


@dataclass
class Person:
    id: int
    name: str
    cookie: str

    async def fetch(self, address: str, body: Frame | None = None) -> Any:
        """JSON; with a body it is a POST. Raises OSError, of which an answer that is no success is one, too."""
        headers = {"Cookie": f"{self.cookie}; {settings.CSRF_COOKIE_NAME}={TOKEN}", "X-CSRFToken": TOKEN}
        request = Request(address, json.dumps(body).encode() if body else None, headers)
        return json.loads(await asyncio.to_thread(lambda: urlopen(request, timeout=20).read()))


class Talker:
    def __init__(self, site: str, person: Person, room: int, way: Frame | None = None) -> None:
        self.site, self.person, self.room = site, person, room
        self.socket = LastingSocket(site, person.cookie, self.hear, way)
        self.replica = Replica(f"room.{room}")
        self.line: Frame = {}  # of the room in my sidebar
        self.here: set[int] = set()
        self.left: list[int] = []  # anyone who was told to have left, in order
        self.following: dict[str, Callable[[Frame], None]] = {
            self.replica.stream: self.follow_room,
            "me": self.follow_me,
            f"presence.{room}": self.follow_presence,
        }
        self.asking: set[str] = set()
        self.said: list[str] = []  # client_ids
        self.outbox: dict[str, str] = {}  # client_id -> body
        self.stored: dict[str, Frame] = {}  # client_id -> what the server acknowledged
        self.refusals: list[str] = []
        self.gaps: list[Frame] = []  # events that followed something never told
        self.pages = 0  # of history, read to fill a gap
        self.filling = 0
        self.quiet = asyncio.Event()  # set: says nothing new
        self.stirred = asyncio.Event()
        self.tasks = asyncio.TaskGroup()

    async def live(self) -> None:
        async with self.tasks:
            for work in (self.socket.live(), self.talk(), self.post()):
                self.tasks.create_task(work)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.create_task(work)

    # Talking

    async def talk(self) -> None:
        while True:
            await asyncio.sleep(PAUSE)
            if len(self.outbox) < LETTERS and not self.quiet.is_set():
                self.say(f"{self.person.name} says {len(self.said) + 1}")
                if len(self.said) % READ_EVERY == 0:
                    self.spawn(self.read())

    def say(self, body: str) -> None:
        client_id = str(uuid4())
        self.said.append(client_id)
        self.outbox[client_id] = body
        self.stirred.set()

    async def post(self) -> None:
        """Strictly in order: the next letter goes when the one before it is stored."""
        while True:
            await self.socket.ready.wait()
            if not self.outbox:
                self.stirred.clear()
                await self.stirred.wait()
                continue
            client_id, body = next(iter(self.outbox.items()))
            answer = await self.socket.ask("message.send", room=self.room, client_id=client_id, body=body)
            if answer and "ok" in answer:
                self.stored[client_id] = answer["ok"]
                del self.outbox[client_id]
            elif answer:
                await self.refused(answer["error"])

    async def refused(self, error: Frame) -> None:
        assert error["retry"], error
        self.refusals.append(error["code"])
        await asyncio.sleep(error.get("wait", AGAIN))

    async def read(self) -> None:
        """Everything that is held was seen."""
        seq = max((message["seq"] for message in self.replica.messages.values()), default=0)
        await self.socket.tell("room.read", lambda answer: None, room=self.room, seq=seq)

    # Listening

    def hear(self, event: Frame) -> None:
        if event["type"] == "hello":
            self.asking.clear()
            for stream in self.following:
                self.subscribe(stream)
        elif event["type"] == "heads":
            if event["data"].get(self.replica.stream, 0) > (self.replica.have or 0):
                self.subscribe(self.replica.stream)
        elif event["stream"] == self.replica.stream:
            try:
                self.replica.take(event)
            except Behind:
                self.gaps.append({"held": self.replica.have, **event})
                self.subscribe(self.replica.stream)
        elif event["type"] == "room" and event["data"]["id"] == self.room:
            self.line = event["data"]
        elif event["type"] == "presence":
            self.here = (self.here | {*event["data"].get("joined", ())}) - {*event["data"].get("left", ())}
            self.left += event["data"].get("left", ())

    def subscribe(self, stream: str) -> None:
        if stream not in self.asking:
            self.asking.add(stream)
            self.spawn(
                self.socket.tell("subscribe", lambda answer: self.answered(stream, answer), **self.wanted(stream))
            )

    def wanted(self, stream: str) -> Frame:
        return {"stream": stream, **(self.replica.resume() if stream == self.replica.stream else {})}

    def answered(self, stream: str, answer: Frame | None) -> None:
        if answer is None:
            return
        self.asking.discard(stream)
        if error := answer.get("error"):
            self.spawn(self.subscribe_again(stream, error))
        else:
            self.following[stream](answer["ok"])

    async def subscribe_again(self, stream: str, error: Frame) -> None:
        await self.refused(error)
        if self.socket.ready.is_set():
            self.subscribe(stream)

    def follow_me(self, answer: Frame) -> None:
        self.line = next(line for line in answer["snapshot"]["rooms"] if line["id"] == self.room)

    def follow_presence(self, answer: Frame) -> None:
        self.here = {*answer["snapshot"]["here"]}

    def follow_room(self, answer: Frame) -> None:
        held, epoch = self.replica.messages, self.replica.epoch
        self.replica.subscribed(answer)
        if not answer["recovered"] and held and answer["epoch"] == epoch:
            oldest = min(message["seq"] for message in answer["snapshot"]["messages"])
            newest = max(message["seq"] for message in held.values())
            self.put(held.values())
            if newest + 1 < oldest:
                self.filling += 1
                self.spawn(self.fill(newest, oldest))

    def put(self, messages: Any) -> None:
        for message in messages:
            self.replica.put(self.replica.messages, message)

    async def fill(self, newest: int, oldest: int) -> None:
        """Reads the pages of history between what was held and a snapshot that begins later, as who scrolls up does."""
        address = f"{self.site}/rooms/{self.room}/history/"
        while newest + 1 < oldest:
            try:
                page = await self.person.fetch(f"{address}?before={oldest}&limit=100")
            except OSError:
                await asyncio.sleep(AGAIN)
                continue
            self.put(page["messages"])
            self.pages += 1
            oldest = page["messages"][0]["seq"]
        self.filling -= 1

    # Knowing

    @property
    def last(self) -> Frame:
        """What the server said to the last letter that it stored."""
        return next(reversed(self.stored.values()))

    def holds(self, rev: int) -> bool:
        return self.replica.have is not None and self.replica.have >= rev and not self.filling

    async def holds_the_end(self) -> bool:
        """Asks what came after the last event that is held."""
        answer = await self.socket.ask("subscribe", **self.wanted(self.replica.stream))
        assert answer
        end = answer["ok"]
        return bool(end["recovered"] and not end.get("events") and end["head"] == self.replica.have)
