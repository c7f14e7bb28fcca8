"""People who read pages and post by HTTP while a release goes on, and the release that they shall not notice."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.faults.conversation import Conversation
from tests.faults.stack import ROOT, site
from tests.support.wire import reached

EVERY = 0.2  # seconds between two pages, and between two posts
MARK = "of the next release"


def checkout(path: Path) -> Path:
    """What a clone of this holds, with what is not committed."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in names.rstrip("\0").split("\0"):
        if not name.startswith(("tests/", "docs/", "bench/")) and (ROOT / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path / name)
    return path


def another_checkout(path: Path) -> Path:
    """This code with another first page and another style."""
    checkout(path)
    base = path / "myweb" / "templates" / "base.html"
    base.write_text(base.read_text().replace("</head>", f'<meta name="generator" content="myweb {MARK}">\n</head>', 1))
    for style in (path / "myweb" / "static" / "myweb").glob("*.css"):
        style.write_text(f"{style.read_text()}\n/* {MARK} */\n")
    return path


class Visitors:
    """Read pages and post by HTTP, through nginx, and note whatever goes wrong."""

    def __init__(self, talk: Conversation) -> None:
        self.talk = talk
        self.pages: list[tuple[float, str]] = []  # when it was asked for, and what came
        self.troubles: list[str] = []
        self.posts = 0
        self.over = False

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
            while not self.over:
                await asyncio.sleep(EVERY)
                visits.create_task(self.guarded("a page", self.read()))
                visits.create_task(self.guarded("a post", self.post()))

    def tally(self) -> str:
        return f"{len(self.pages)} pages, {self.posts} posts, {len(self.troubles)} of them with an error"


def tally(talk: Conversation, codes: list[int]) -> str:
    """Of the sockets, from what they hold at the end."""
    said = {each for talker in talk.talkers for each in talker.said} | {*talk.narrated}
    held = [{message["client_id"] for message in talker.replica.messages.values()} for talker in talk.talkers]
    lost = sum(len(said - each) for each in held)
    return f"{len(said)} messages for {len(held)} sockets, {lost} lost; sent away and back {len(codes)} times"


@asynccontextmanager
async def visitors(talk: Conversation) -> AsyncIterator[Visitors]:
    visitors = Visitors(talk)
    coming = asyncio.create_task(visitors.come())
    try:
        yield visitors
    finally:
        visitors.over = True  # what is under way is answered, since a comparison with the database follows
        await asyncio.wait([coming])
