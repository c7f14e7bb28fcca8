"""A line to Redis on which nothing is heard any more, though nothing says so."""

import asyncio
from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from realtime import ear
from realtime.hub import Hub
from tests.faults.redis_proxy import RedisProxy
from tests.redis import free_port, listening, server
from tests.wire import reached


@pytest.fixture(autouse=True)
def carrier(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisProxy]:
    """Between the hub and a Redis of our own."""
    monkeypatch.setattr(ear, "ECHO_PATIENCE", 0.3)
    with server(free_port()) as process:
        proxy = RedisProxy("127.0.0.1", int(process.args[2]))  # type: ignore[index,arg-type]
        settings.REDIS = {"host": "127.0.0.1", "port": proxy.port}
        settings.CHANNEL_LAYERS = {
            "default": {
                "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
                "CONFIG": {"hosts": [{**settings.REDIS, "socket_timeout": None}], "prefix": settings.REDIS_PREFIX},
            }
        }
        yield proxy
        proxy.close()


async def test_a_line_on_which_one_hears_oneself_is_kept(hub: Hub) -> None:
    hub.ear.hold("room.1")
    await listening(hub, "room.1")
    before = hub.ear.channel
    await hub.ear.check()
    assert hub.ear.channel == before
    assert hub.ear.joined == {"room.1"}


async def test_a_line_on_which_nothing_is_heard_is_given_up_and_bells_are_heard_on_the_next(
    hub: Hub, carrier: RedisProxy, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    bells: list[object] = []
    monkeypatch.setattr(hub.ear, "heard", bells.append)
    hub.ear.hold("room.1")
    await listening(hub, "room.1")
    before = hub.ear.channel
    carrier.loss = 1.0
    await hub.ear.check()
    carrier.loss = 0.0
    assert "resubscribing on a new connection" in caplog.text
    await listening(hub, "room.1")
    assert hub.ear.channel not in {"", before}
    hub.ear.ring("room.1", {"type": "bell", "said": "again"})
    await reached(lambda: bells == [{"type": "bell", "said": "again"}], "the bell, and no echo")


async def test_what_was_being_joined_when_the_line_was_given_up_is_joined_on_the_next(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reached(lambda: hub.ear.channel, "a line")
    before, asked, answer = hub.ear.channel, asyncio.Event(), asyncio.Event()

    async def slow(_group: str, _channel: str) -> None:
        asked.set()
        await answer.wait()

    monkeypatch.setattr(hub.ear.layer, "group_add", slow)
    hub.ear.hold("room.1")
    await asked.wait()
    hub.ear.listen_anew()
    answer.set()
    await listening(hub, "room.1")
    assert hub.ear.channel != before
    bells: list[object] = []
    monkeypatch.setattr(hub.ear, "heard", bells.append)
    hub.ear.ring("room.1", {"type": "bell"})
    await reached(lambda: bells == [{"type": "bell"}], "the bell, on the new line")


async def test_a_server_that_is_away_is_no_reason_to_give_up_the_line(hub: Hub, carrier: RedisProxy) -> None:
    """The layer subscribes again by itself, to everything at once."""
    hub.ear.hold("room.1")
    await listening(hub, "room.1")
    before = hub.ear.channel
    carrier.cut()
    await hub.ear.check()
    carrier.mend()
    assert hub.ear.channel == before
