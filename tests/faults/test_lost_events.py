"""Redis loses some of what it should tell the socket servers."""

from collections.abc import Iterator

import pytest

from realtime.housekeeping import REREAD_EVERY
from tests.faults.conversation import conversation
from tests.faults.redis_proxy import RedisProxy
from tests.faults.stack import LIVE, port_of, started_with

PROMISED = REREAD_EVERY + 8  # seconds, of which the last ones are for a slow machine


@pytest.fixture(scope="module")
def carrier() -> Iterator[RedisProxy]:
    """Between Redis and the socket servers."""
    proxy = RedisProxy("127.0.0.1", port_of("redis"))
    with started_with(*LIVE, REDIS_PORT=str(proxy.port)):
        yield proxy
    proxy.close()


@pytest.fixture
def notifications(carrier: RedisProxy) -> Iterator[RedisProxy]:
    carrier.lost = 0
    yield carrier
    carrier.loss = 0.0


async def test_one_notification_in_twenty_is_lost(notifications: RedisProxy) -> None:
    async with conversation() as talk:
        notifications.loss = 0.05
        await talk.until(lambda: notifications.lost >= 20, "the losses")
        await talk.goes_on()
        await talk.ends()


async def test_the_notification_of_the_last_message_is_lost(notifications: RedisProxy) -> None:
    async with conversation() as talk:
        speaker = talk.talkers[0]
        await talk.falls_silent()
        notifications.loss = 1.0
        speaker.say("The last word")
        await talk.until(lambda: not speaker.outbox, "the answer")
        await talk.hears(speaker.last["rev"], timeout=PROMISED)
        await talk.ends()
        assert notifications.lost
