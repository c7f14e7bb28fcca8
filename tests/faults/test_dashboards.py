"""The servers behind a dashboard die: it says what is missing, and goes on by itself."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from chat.models import Room
from monitor.metrics.models import Source
from tests.faults.conversation import in_database, prepare
from tests.faults.stack import LIVE, ROOT, only, site, stack
from tests.support.lasting import Frame, LastingSocket
from tests.support.serving import ended
from tests.support.talker import Person
from tests.support.wire import reached

HOST = "dashboard.host"
TAKE_OVER = 5  # seconds that others may see nothing new when a collector dies
TIMEOUT = 60.0


class Viewer:
    """Follows the dashboard of this machine over sockets that come back."""

    def __init__(self, person: Person, way: Frame | None) -> None:
        self.socket = LastingSocket(site(), person.cookie, self.hear, way)
        self.ticks: list[int] = []
        self.snapshots: list[Frame] = []

    def hear(self, event: Frame) -> None:
        if event["type"] == "hello":
            self.asking = asyncio.create_task(self.follow())
        elif event["stream"] == HOST and event["type"] == "tick":
            self.ticks.append(event["data"]["t"])
            if event["data"]["t"] % 5 == 0:
                self.telling = asyncio.create_task(self.seen(event["data"]["t"]))

    async def follow(self) -> None:
        answer = await self.socket.ask("subscribe", stream=HOST)
        if answer:
            self.snapshots.append(answer["ok"]["snapshot"])

    async def seen(self, t: int) -> None:
        await self.socket.ask("dashboard.seen", key="host", t=t)

    @property
    def longest_wait(self) -> int:
        """Seconds between two ticks, as they were measured."""
        return max((after - before for before, after in pairwise(self.ticks)), default=0)


Viewers = list[Viewer]


@asynccontextmanager
async def viewers() -> AsyncIterator[Viewers]:
    """One by way of nginx, and one on each socket server."""
    room, people = await in_database(prepare, 3)

    def give() -> None:
        Source.objects.update_or_create(key="host", defaults={"room": Room.objects.get(pk=room)})

    await in_database(give)
    watching = [Viewer(person, way) for person, way in zip(people, (None, *map(only, LIVE)), strict=True)]
    lives = [asyncio.create_task(each.socket.live()) for each in watching]
    try:
        await go_on(watching)
        yield watching
    finally:
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)


async def go_on(watching: Viewers, ticks: int = 3) -> None:
    """Everyone gets so many that nobody has measured yet at this moment."""
    now = time.time()
    await reached(
        lambda: all(sum(t > now for t in each.ticks) >= ticks for each in watching), "the next ticks", TIMEOUT
    )


@contextmanager
def another_collector(log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        begun = subprocess.Popen([sys.executable, "manage.py", "collect"], cwd=ROOT, stdout=out, stderr=out)
    with ended(begun):
        yield


async def test_a_collector_dies_and_another_takes_over(tmp_path: Path) -> None:
    async with viewers() as watching:
        try:
            with another_collector(tmp_path / "collector.log"):
                await go_on(watching, 5)  # it has begun to wait for its turn
                await stack("kill", "collector")
                await go_on(watching)
                assert max(each.longest_wait for each in watching) <= TAKE_OVER + 1
        finally:
            await stack("start", "collector")
        await go_on(watching)
        assert not any(each.socket.closes for each in watching)


async def test_the_only_collector_dies_and_what_was_not_measured_is_not_made_up() -> None:
    async with viewers() as watching:
        await stack("kill", "collector")
        died = max(each.ticks[-1] for each in watching)
        await asyncio.to_thread(outlast, TAKE_OVER)
        await stack("start", "collector")
        await go_on(watching)
        fresh = await watching[0].socket.ask("subscribe", stream=HOST)
        assert fresh
        times = fresh["ok"]["snapshot"]["t"]
        gap = next(after - before for before, after in pairwise(times) if after > died + 1)
        assert gap >= TAKE_OVER - 1
        assert all(len(values) == len(times) for values in fresh["ok"]["snapshot"]["v"])


def outlast(seconds: float) -> None:
    """Time itself is what this test is about."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(left)


async def test_redis_dies_and_dashboards_go_on_with_it() -> None:
    async with viewers() as watching:
        await stack("kill", "redis")
        await stack("start", "redis")
        await go_on(watching)
        assert not any(each.socket.closes for each in watching)


async def test_a_socket_server_dies_and_its_viewers_get_what_they_missed() -> None:
    async with viewers() as watching:
        await stack("kill", LIVE[0])
        await stack("start", LIVE[0])
        await go_on(watching)
        lost = watching[1]
        assert len(lost.snapshots) > 1
        seen: set[Any] = {*lost.ticks, *(t for each in lost.snapshots for t in each["t"])}
        others = {t for t in watching[2].ticks if min(lost.ticks) <= t <= max(lost.ticks)}
        assert others <= seen
