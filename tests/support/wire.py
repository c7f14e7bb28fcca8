"""Protocol v1 spoken in process: a tab whose socket is the real ASGI consumer behind a real session."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.test import Client

from accounts.models import User
from realtime.consumers import SocketConsumer
from tests.support.replica import Behind, Replica

TIMEOUT = 20.0  # seconds; only a failing test waits so long
ORIGIN = "http://127.0.0.1:8000"

Frame = dict[str, Any]


class Wrong(AssertionError):
    """The server answered with an error where none was expected."""


def open_session(person: User) -> str:
    client = Client()
    client.force_login(person)
    return str(client.session.session_key)


async def reached(condition: Callable[[], object], what: str = "the condition", timeout: float = TIMEOUT) -> None:
    """For what no socket tells."""
    try:
        async with asyncio.timeout(timeout):
            while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"{what} was not reached within {timeout} s") from None


class Tab:
    def __init__(self, session: str = "", *, origin: str | None = ORIGIN, path: str = "/ws/") -> None:
        headers = [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode())] if session else []
        headers += [(b"origin", origin.encode())] if origin is not None else []
        self.scope = {"type": "websocket", "path": path, "headers": headers, "query_string": b"", "subprotocols": []}
        self.session = session
        self.to_server: asyncio.Queue[Frame] = asyncio.Queue()
        self.accepted = False
        self.code: int | None = None  # of the close
        self.events: list[Frame] = []
        self.answers: dict[int, Frame] = {}
        self.asking: dict[int, str] = {}  # subscribe -> its stream
        self.rooms: dict[str, Replica] = {}
        self.gaps = 0
        self.number = 100  # above what a test writes by hand
        self.stirred = asyncio.Event()

    # The ASGI side

    async def open(self) -> None:
        self.to_server.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(SocketConsumer.as_asgi()(self.scope, self.to_server.get, self.hear))
        await self.until(lambda: self.code is not None or bool(self.of("socket", "hello")), "a hello or a close")

    async def leave(self) -> None:
        self.to_server.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(self.task, TIMEOUT)

    async def hear(self, message: Frame) -> None:
        if message["type"] == "websocket.accept":
            self.accepted = True
        elif message["type"] == "websocket.close":
            assert self.code is None, "closed twice"
            self.code = message.get("code", 1000)
        else:
            assert self.code is None, "a frame after the close"
            self.read(json.loads(message["text"]))
        self.stirred.set()

    def read(self, frame: Any) -> None:
        if isinstance(frame, dict):
            self.answers[frame["re"]] = frame
            stream = self.asking.pop(frame["re"], "")
            if stream in self.rooms and "ok" in frame:
                self.rooms[stream].subscribed(frame["ok"])
            return
        for event in frame:
            self.events.append(event)
            if event["stream"] == "socket" and event["type"] == "heads":
                self.compare(event["data"])
            elif event["stream"] in self.rooms and event["type"] != "closed":
                self.take(event)

    # What the protocol asks of a client

    def take(self, event: Frame) -> None:
        try:
            self.rooms[event["stream"]].take(event)
        except Behind:
            self.gaps += 1
            self.catch_up(event["stream"])

    def compare(self, heads: dict[str, int]) -> None:
        for stream, replica in self.rooms.items():
            if replica.have is not None and replica.have < heads.get(stream, 0):
                self.catch_up(stream)

    def catch_up(self, stream: str) -> int:
        """Subscribes, with what is held; once, however many events show the same gap."""
        for number, asked in self.asking.items():
            if asked == stream:
                return number
        number = self.tell("subscribe", stream=stream, **self.rooms[stream].resume())
        self.asking[number] = stream
        return number

    async def follow(self, stream: str, replica: Replica | None = None) -> Replica:
        """Subscribes to a log, from a copy held before if there is one."""
        self.rooms[stream] = replica or self.rooms.get(stream) or Replica(stream)
        answer = await self.answer(self.catch_up(stream))
        if "error" in answer:
            raise Wrong(answer["error"])
        return self.rooms[stream]

    # Talking

    def write(self, text: str) -> None:
        self.to_server.put_nowait({"type": "websocket.receive", "text": text})

    def tell(self, do: str, **fields: Any) -> int:
        self.number += 1
        self.write(json.dumps({"id": self.number, "do": do, **fields}))
        return self.number

    async def answer(self, number: int) -> Frame:
        await self.until(lambda: number in self.answers, f"the answer to command {number}")
        return self.answers[number]

    async def ok(self, do: str, **fields: Any) -> Any:
        answer = await self.answer(self.tell(do, **fields))
        if "error" in answer:
            raise Wrong(answer["error"])
        return answer["ok"]

    async def error(self, do: str, **fields: Any) -> Frame:
        answer = await self.answer(self.tell(do, **fields))
        assert "error" in answer, f"{do} was done: {answer}"
        return dict(answer["error"])

    def say(self, room: int, body: str) -> int:
        return self.tell("message.send", room=room, client_id=str(uuid4()), body=body)

    async def send(self, room: int, body: str, client_id: str = "") -> Frame:
        return dict(await self.ok("message.send", room=room, client_id=client_id or str(uuid4()), body=body))

    async def caught_up(self) -> None:
        """Everything written to this socket so far has been read: its frames come in order."""
        await self.ok("ping")

    # Looking

    def of(self, stream: str, kind: str = "") -> list[Frame]:
        return [each for each in self.events if each["stream"] == stream and kind in {"", each["type"]}]

    def data(self, stream: str, kind: str = "") -> list[Any]:
        return [each["data"] for each in self.of(stream, kind)]

    async def until(self, reached: Callable[[], object], what: str, timeout: float = TIMEOUT) -> None:
        """Waits for frames until the condition holds."""
        try:
            async with asyncio.timeout(timeout):
                while not reached():
                    self.stirred.clear()
                    await self.stirred.wait()
        except TimeoutError:
            raise AssertionError(f"{what} did not come within {timeout} s") from None

    async def closed(self, timeout: float = TIMEOUT) -> int:
        await self.until(lambda: self.code is not None, "the close", timeout)
        assert self.code is not None
        return self.code
