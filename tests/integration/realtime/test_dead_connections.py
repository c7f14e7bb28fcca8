"""A half-open connection to Redis: nothing is received any more, and no error says so."""

import asyncio
from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from realtime import layer_subscriber
from realtime.hub import Hub
from tests.faults.redis_proxy import RedisProxy
from tests.support.redis import free_port, listening, server
from tests.support.wire import reached


@pytest.fixture(autouse=True)
def carrier(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisProxy]:
    """Between the hub and a Redis of our own."""
    monkeypatch.setattr(layer_subscriber, "ECHO_TIMEOUT", 0.3)
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


async def test_a_connection_with_an_echo_is_kept(hub: Hub) -> None:
    hub.subscriber.hold("room.1")
    await listening(hub, "room.1")
    before = hub.subscriber.channel
    await hub.subscriber.check_echo()
    assert hub.subscriber.channel == before
    assert hub.subscriber.joined == {"room.1"}


async def test_a_connection_without_an_echo_is_replaced_and_events_arrive_on_the_next(
    hub: Hub, carrier: RedisProxy, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[object] = []
    monkeypatch.setattr(hub.subscriber, "on_message", events.append)
    hub.subscriber.hold("room.1")
    await listening(hub, "room.1")
    before = hub.subscriber.channel
    carrier.loss = 1.0
    await hub.subscriber.check_echo()
    carrier.loss = 0.0
    assert "resubscribing on a new connection" in caplog.text
    await listening(hub, "room.1")
    assert hub.subscriber.channel not in {"", before}
    hub.subscriber.publish("room.1", {"type": "event", "said": "again"})
    await reached(lambda: events == [{"type": "event", "said": "again"}], "the event, and no echo")


async def test_a_group_that_was_being_joined_when_the_connection_was_replaced_is_joined_on_the_next(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reached(lambda: hub.subscriber.channel, "a connection")
    before, asked, answer = hub.subscriber.channel, asyncio.Event(), asyncio.Event()

    async def slow(_group: str, _channel: str) -> None:
        asked.set()
        await answer.wait()

    monkeypatch.setattr(hub.subscriber.layer, "group_add", slow)
    hub.subscriber.hold("room.1")
    await asked.wait()
    hub.subscriber.resubscribe()
    answer.set()
    await listening(hub, "room.1")
    assert hub.subscriber.channel != before
    events: list[object] = []
    monkeypatch.setattr(hub.subscriber, "on_message", events.append)
    hub.subscriber.publish("room.1", {"type": "event"})
    await reached(lambda: events == [{"type": "event"}], "the event, on the new connection")


async def test_a_server_that_is_away_is_no_reason_to_replace_the_connection(hub: Hub, carrier: RedisProxy) -> None:
    """The layer subscribes again by itself, to everything at once."""
    hub.subscriber.hold("room.1")
    await listening(hub, "room.1")
    before = hub.subscriber.channel
    carrier.cut()
    await hub.subscriber.check_echo()
    carrier.mend()
    assert hub.subscriber.channel == before
