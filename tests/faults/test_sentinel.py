"""The master among several Redis servers dies, or hangs and comes back. Sentinels choose another; all follow it."""

import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.faults.conversation import Conversation
from tests.faults.sentinels import DOWN_AFTER, Program, Watched, watched
from tests.faults.stack import LIVE, started_with
from tests.faults.test_redis import is_notified, two_rooms
from tests.support.lasting import Frame
from tests.support.talker import Talker
from tests.support.wire import reached

PROMISED = 20.0  # seconds until notifications arrive again, of which the last ones are for a slow machine


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with (
        watched(tmp_path_factory.mktemp("sentinels")) as servers,
        started_with(*LIVE, "web", "collector", **servers.settings()),
    ):
        yield servers


class Silence:
    """The longest time in which a talker heard nothing."""

    def __init__(self, talker: Talker) -> None:
        self.longest, self.heard_at = 0.0, time.monotonic()
        self.hear: Callable[[Frame], None] = talker.socket.hear
        talker.socket.hear = self.listen

    def listen(self, event: Frame) -> None:
        if event["stream"].startswith("room."):
            now = time.monotonic()
            self.longest, self.heard_at = max(self.longest, now - self.heard_at), now
        self.hear(event)


async def another(servers: Watched, than: Program) -> Program:
    await reached(lambda: servers.master is not than and servers.master.role == "master", "another master")
    return servers.master


def missing(server: Program) -> set[str]:
    """Notifications in both directions, who is here, the rate limit, what the collector keeps, what is reported."""
    listeners = [line for line in server.ask("CLIENT", "LIST").splitlines() if " sub=0 " not in line]
    asked = {name.removeprefix("cmdstat_") for name in server.ask("INFO", "commandstats")}
    wanted = {"publish", "zadd", "evalsha", "xadd", "hset"} | ({"subscribe"} if len(listeners) < len(LIVE) else set())
    return wanted - asked


async def all_use(server: Program, talk: Conversation) -> None:
    """What it was told as a replica does not count."""
    server.ask("CONFIG", "RESETSTAT")
    end = time.monotonic() + PROMISED
    while still := missing(server):
        assert time.monotonic() < end, f"nobody asks the new master for {still}"
        await talk.narrate_by_page("Said on a page")
        await talk.goes_on(2)


async def test_the_master_dies(servers: Watched) -> None:
    async with two_rooms() as (talk, told):
        silences = [Silence(each) for each in told.talkers[3:]]
        dead = servers.master
        dead.process.kill()
        master = await another(servers, dead)
        await is_notified(told)
        await all_use(master, talk)
        longest = max(each.longest for each in silences)
        print(f"\nno notification for {longest:.1f} s, of which the sentinels wait {DOWN_AFTER} s")
        assert longest < PROMISED
        dead.start()
        await reached(lambda: dead.role, "its return")
        assert dead.role == "slave", "it asked the sentinels before it began"
        await talk.goes_on()


async def test_the_master_hangs_and_comes_back_as_a_replica(servers: Watched) -> None:
    async with two_rooms() as (talk, told):
        silences = [Silence(each) for each in told.talkers[3:]]
        hung = servers.master
        hung.process.send_signal(signal.SIGSTOP)
        master = await another(servers, hung)
        await is_notified(told)
        await all_use(master, talk)
        print(f"\nno notification for {max(each.longest for each in silences):.1f} s")
        hung.process.send_signal(signal.SIGCONT)
        await reached(lambda: hung.role == "slave", "its return as a replica")
        await is_notified(told)
        await talk.goes_on()
