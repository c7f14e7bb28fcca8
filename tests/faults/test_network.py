"""The way between clients and nginx is cut without a word."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.faults.conversation import conversation
from tests.faults.stack import connections, site
from tests.support.lasting import Frame
from tests.support.proxy import Proxy

CUT = 30  # seconds


@pytest.fixture
def cables() -> Iterator[tuple[Proxy, Proxy]]:
    host, port = site().removeprefix("http://").split(":")
    cables = Proxy(host, int(port)), Proxy(host, int(port))
    yield cables
    for each in cables:
        each.close()


def through(cable: Proxy) -> Frame:
    return {"host": "127.0.0.1", "port": cable.port}


async def test_two_cables_are_pulled_for_half_a_minute(cables: tuple[Proxy, Proxy]) -> None:
    """One then delivers what was on its way; on the other, the connections have ended."""
    async with conversation([None, None, *(through(cable) for cable in cables for _talker in range(2))]) as talk:
        near, far = talk.talkers[:2], talk.talkers[2:]
        for cable in cables:
            cable.hold()
        async with asyncio.TaskGroup() as meanwhile:
            meanwhile.create_task(talk.goes_on_for(CUT, among=near))
            await talk.until(lambda: all(each.socket.closes for each in far), "noticing it", CUT)
        cables[0].cut()
        for cable in cables:
            cable.mend()
        await talk.goes_on()
        await talk.ends()
        assert not any(each.socket.closes for each in near)
        await talk.until(lambda: sum(connections()) == len(talk.talkers), "the end of the old connections")
