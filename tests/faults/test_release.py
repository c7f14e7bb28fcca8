"""New code goes into service under a conversation and a steady rate of pages and posts. Nobody gets an error."""

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.faults.conversation import Conversation, conversation
from tests.faults.stack import LIVE, ROOT, folder, site, stack
from tests.wire import reached

EVERY = 0.2  # seconds between two pages, and between two posts
MARK = "of the next release"
STYLE = re.compile(r"/static/myweb/[\w.-]+\.[0-9a-f]{12}\.css")


def another_checkout(path: Path) -> Path:
    """This code with another first page and another style."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in names.rstrip("\0").split("\0"):
        if not name.startswith(("tests/", "docs/", "bench/")) and (ROOT / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path / name)
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
        coming.cancel()
        await asyncio.wait([coming])


def serving() -> set[Path]:
    """The checkouts that the socket servers and the collector were started from."""
    found = set()
    for part in (*LIVE, "collector"):
        pid = (folder() / "run" / f"{part}.pid").read_text().split()[0]
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        found.add(next(Path(word).parent for word in words if word.endswith("manage.py")))
    return found


async def release_to(checkout: Path, visitors: Visitors) -> list[str]:
    """Gives the pages that were read after its end."""
    await stack("release", str(checkout))
    assert serving() == {checkout}
    return await visitors.later()


async def test_new_code_goes_into_service_and_nobody_notices(tmp_path: Path) -> None:
    fresh = await asyncio.to_thread(another_checkout, tmp_path / "fresh")
    async with conversation() as talk:
        async with visitors(talk) as those:
            first, *_ = await those.later(1)
            old = STYLE.findall(first)
            assert old
            assert MARK not in first
            try:
                forth = await release_to(fresh, those)
                assert all(MARK in page for page in forth)
                new = STYLE.findall(forth[-1])
                assert not {*old} & {*new}
                for path in (*old, *new):
                    assert those.get(path), "a page that is open still gets what it was made with"
            finally:
                back = await release_to(ROOT, those)
            assert not any(MARK in page for page in back)
            assert STYLE.findall(back[-1]) == old
        assert not those.troubles
        assert those.posts > 20
        await talk.ends()
        codes = [code for each in talk.talkers for code in each.socket.closes]
        assert {*codes} == {4001}, "each was told to come back"
        assert not any(each.socket.failures for each in talk.talkers), "nobody had to try twice"
        print(f"\n{those.tally()}; {tally(talk, codes)}")


BROKEN = "raise ImportError('no such thing')\n"


@pytest.mark.parametrize(
    ("breaks", "said"),
    [(BROKEN, "no such thing"), (f"import sys\nif 'uwsgi' in sys.modules: {BROKEN}", "cannot import the new code")],
    ids=["everywhere", "in uWSGI alone"],
)
async def test_code_that_cannot_start_is_refused_and_the_old_goes_on(tmp_path: Path, breaks: str, said: str) -> None:
    broken = await asyncio.to_thread(another_checkout, tmp_path / "broken")
    wsgi = broken / "myweb" / "wsgi.py"
    wsgi.write_text(breaks + wsgi.read_text())
    await stack("stop", "web")
    await stack("start", "web")  # no worker of it was ever exchanged
    async with conversation() as talk, visitors(talk) as those:
        with pytest.raises(AssertionError, match=said):
            await stack("release", str(broken))
        assert serving() == {ROOT}
        await talk.goes_on()
        assert not those.troubles
