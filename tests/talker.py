"""Someone who goes on talking over real sockets, whatever happens to the servers, with an outbox."""

import asyncio
import contextlib
import json
import re
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from tests.replica import Behind, Replica

PAUSE = 0.2  # seconds between two sentences
IN_FLIGHT = 5


def sign_in(site: str, email: str, password: str) -> str:
    """By the form, as a browser does; the session cookie."""
    jar = CookieJar()
    opener = build_opener(HTTPCookieProcessor(jar))
    page = opener.open(f"{site}/accounts/login/", timeout=10).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token, "the sign-in form holds no token"
    form = {"login": email, "password": password, "csrfmiddlewaretoken": token[1]}
    opener.open(f"{site}/accounts/login/", urlencode(form).encode(), timeout=10).close()
    cookies = {cookie.name: str(cookie.value) for cookie in jar}
    return next(f"{name}={value}" for name, value in cookies.items() if name.endswith("session"))


class Talker:
    def __init__(self, site: str, cookie: str, room: int, name: str) -> None:
        self.site, self.cookie, self.room, self.name = site, cookie, room, name
        self.replica = Replica(f"room.{room}")
        self.outbox: dict[str, str] = {}  # client_id -> body
        self.acknowledged: list[str] = []
        self.asked: dict[int, str] = {}
        self.number = 0
        self.subscribing = 0
        self.connections = 0
        self.refusals = 0
        self.quiet = asyncio.Event()  # set: says nothing new
        self.socket: ClientConnection | None = None

    async def live(self) -> None:
        """Connects again and again; what was said stays in the outbox until it is acknowledged."""
        talking = asyncio.create_task(self.talk())
        try:
            while True:
                with contextlib.suppress(OSError, TimeoutError, WebSocketException):
                    await self.converse()
                await asyncio.sleep(0.1)
        finally:
            talking.cancel()

    async def converse(self) -> None:
        headers = {"Cookie": self.cookie}
        address = f"ws{self.site.removeprefix('http')}/ws/"
        async with connect(
            address,
            origin=Origin(self.site),
            additional_headers=headers,
            open_timeout=5,
            ping_interval=2,
            ping_timeout=5,
        ) as socket:
            self.asked, self.subscribing, self.socket = {}, 0, socket
            try:
                async for text in socket:
                    await self.read(json.loads(text))
            finally:
                self.socket = None

    async def tell(self, do: str, **fields: Any) -> int:
        self.number += 1
        number = self.number
        if self.socket:
            await self.socket.send(json.dumps({"id": number, "do": do, **fields}))
        return number

    async def read(self, frame: Any) -> None:
        if isinstance(frame, dict):
            await self.answer(frame)
            return
        for event in frame:
            if event["type"] == "hello":
                self.connections += 1
                await self.subscribe()
            elif event["type"] == "heads":
                if event["data"].get(self.replica.stream, 0) > (self.replica.have or 0):
                    await self.subscribe()
            elif event["stream"] == self.replica.stream:
                try:
                    self.replica.take(event)
                except Behind:
                    await self.subscribe()

    async def subscribe(self) -> None:
        if not self.subscribing:
            self.subscribing = await self.tell("subscribe", stream=self.replica.stream, **self.replica.resume())

    async def answer(self, frame: dict[str, Any]) -> None:
        error = frame.get("error")
        assert not error or error["retry"], error
        if error:
            self.refusals += 1
            await asyncio.sleep(0.1)
        if frame["re"] == self.subscribing:
            self.subscribing = 0
            if error:
                await self.subscribe()
                return
            self.replica.subscribed(frame["ok"])
            for client_id in list(self.outbox):
                await self.send(client_id)
        elif client_id := self.asked.pop(frame["re"], ""):
            if error:
                await self.send(client_id)
            elif self.outbox.pop(client_id, None):
                self.acknowledged.append(client_id)

    async def send(self, client_id: str) -> None:
        asked = await self.tell("message.send", room=self.room, client_id=client_id, body=self.outbox[client_id])
        self.asked[asked] = client_id

    async def talk(self) -> None:
        count = 0
        while not self.quiet.is_set():
            await asyncio.sleep(PAUSE)
            if len(self.outbox) < IN_FLIGHT and not self.quiet.is_set():
                count += 1
                client_id = str(uuid4())
                self.outbox[client_id] = f"{self.name} says {count}"
                with contextlib.suppress(WebSocketException):
                    await self.send(client_id)
