"""A client's websocket that comes back, as docs/protocol.md asks of clients and as the page does it."""

import asyncio
import json
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

FIRST_WAIT = 0.4  # seconds at most, and a random part of it
LONGEST_WAIT = 2.0
PING_EVERY, PING_TIMEOUT = 2.0, 10.0

Frame = dict[str, Any]
Then = Callable[[Frame | None], None]


class LastingSocket:
    """``way`` is how to get to the site if not straight: arguments of ``websockets.connect``."""

    def __init__(self, site: str, cookie: str, hear: Callable[[Frame], None], way: Frame | None = None) -> None:
        self.site, self.cookie, self.hear = site, cookie, hear
        self.way = way or {}
        self.wire: ClientConnection | None = None
        self.ready = asyncio.Event()  # greeted, and not ended since
        self.awake = asyncio.Event()  # cleared: does not come back
        self.awake.set()
        self.listening = asyncio.Event()  # cleared: reads nothing more, and answers no ping
        self.listening.set()
        self.number = 0
        self.waiting: dict[int, Then] = {}
        self.greetings = 0
        self.failures = 0  # tries that led to no greeting
        self.closes: list[int] = []  # the code of each end after a greeting; 1006 if none came

    async def live(self) -> None:
        tries = 0
        while True:
            await self.awake.wait()
            before = self.greetings
            await self.converse()
            tries = 0 if self.greetings > before else tries + 1
            self.failures += tries > 0
            await asyncio.sleep(random.random() * (min(LONGEST_WAIT, 0.5 * 2**tries) if tries else FIRST_WAIT))

    async def converse(self) -> None:
        """One connection, from its beginning to its end."""
        try:
            with suppress(OSError, TimeoutError, WebSocketException):
                async with self.connect() as self.wire:
                    async for text in self.wire:
                        await self.listening.wait()
                        self.read(json.loads(text))
        finally:
            if self.ready.is_set() and self.wire:
                self.closes.append(self.wire.close_code or 1006)
            self.ready.clear()
            self.wire = None
            self.forget()

    def connect(self) -> connect:
        usual: Frame = {
            "origin": Origin(self.site),
            "additional_headers": {"Cookie": self.cookie},
            "open_timeout": 20,
            "close_timeout": 1,
            "ping_interval": PING_EVERY,
            "ping_timeout": PING_TIMEOUT,
            "max_size": None,
            "proxy": None,
        }
        return connect(f"ws{self.site.removeprefix('http')}/ws/", **(usual | self.way))

    def read(self, frame: Any) -> None:
        if isinstance(frame, dict):
            if then := self.waiting.pop(frame["re"], None):
                then(frame)
            return
        for event in frame:
            if event["type"] == "hello":
                self.greetings += 1
                self.ready.set()
            self.hear(event)

    def forget(self) -> None:
        """No answer comes any more to what was asked on this connection."""
        waiting, self.waiting = self.waiting, {}
        for then in waiting.values():
            then(None)

    async def tell(self, do: str, then: Then, **fields: Any) -> None:
        """``then`` is called with the answer before anything that came after it is read; with None if there is none."""
        self.number += 1
        number = self.number
        if not self.wire:
            then(None)
            return
        self.waiting[number] = then
        with suppress(WebSocketException):  # the end is noticed where it is read
            await self.wire.send(json.dumps({"id": number, "do": do, **fields}))

    async def ask(self, do: str, **fields: Any) -> Frame | None:
        answer: asyncio.Future[Frame | None] = asyncio.get_running_loop().create_future()
        await self.tell(do, lambda frame: None if answer.done() else answer.set_result(frame), **fields)
        return await answer

    async def sleep(self) -> None:
        self.awake.clear()
        if self.wire:
            await self.wire.close()
