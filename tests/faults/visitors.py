"""A steady rate of pages and posts beside a conversation."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.faults.conversation import Conversation
from tests.faults.stack import site
from tests.wire import reached

EVERY = 0.2  # seconds between two pages, and between two posts


class Visitors:
    """Read pages and post by HTTP, through nginx, and note whatever goes wrong."""

    def __init__(self, talk: Conversation) -> None:
        self.talk = talk
        self.pages: list[tuple[float, str]] = []  # when it was asked for, and what came
        self.troubles: list[str] = []
        self.posts = 0

    def get(self, path: str, cookie: str = "") -> str:
        with urlopen(Request(f"{site()}{path}", headers={"Cookie": cookie}), timeout=30) as answer:
            return str(answer.read().decode())

    async def guarded(self, what: str, work: object) -> None:
        try:
            await work  # type: ignore[misc]
        except HTTPError as error:
            self.troubles.append(f"{what}: {error.code}")
        except (OSError, HTTPException) as error:
            self.troubles.append(f"{what}: {error!r}")

    async def read(self) -> None:
        asked, cookie = time.monotonic(), self.talk.narrator.cookie
        self.pages.append((asked, await asyncio.to_thread(self.get, f"/rooms/{self.talk.room}/", cookie)))

    async def later(self, count: int = 10) -> list[str]:
        """Pages that are asked for from now on."""
        now = time.monotonic()
        await reached(lambda: sum(asked > now for asked, _page in self.pages) >= count, "pages")
        return [page for asked, page in self.pages if asked > now]

    async def post(self) -> None:
        await self.talk.narrate_by_page(f"Said on a page, {self.posts}")
        self.posts += 1

    async def come(self) -> None:
        async with asyncio.TaskGroup() as visits:
            while True:
                await asyncio.sleep(EVERY)
                visits.create_task(self.guarded("a page", self.read()))
                visits.create_task(self.guarded("a post", self.post()))


@asynccontextmanager
async def visitors(talk: Conversation) -> AsyncIterator[Visitors]:
    visitors = Visitors(talk)
    coming = asyncio.create_task(visitors.come())
    try:
        yield visitors
    finally:
        coming.cancel()
        await asyncio.wait([coming])
