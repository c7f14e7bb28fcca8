"""Synchronous code publishes what the channel layer would have sent: same channel, same bytes, one connection."""

import asyncio
import logging
import time
from typing import Any

import msgpack
import pytest
from channels.layers import get_channel_layer
from django.conf import settings
from pytest_django.fixtures import Settings

from accounts.models import User
from realtime import publish
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.layer_event import LayerEvent
from tests.conftest import Connect
from tests.support.redis import client, free_port, listening, server
from tests.support.rooms import make_room, say
from tests.support.wire import reached

pytestmark = pytest.mark.usefixtures("real_redis", "elsewhere")

EVENT: LayerEvent = {
    "topic": "room.7",
    "first": 2**40,
    "events": ['{"stream":"room.7","data":{"html":"<p>你好 🎉</p>"}}'] * 3,
    "note": {"room": 7, "gone": False},
}


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in uWSGI or a command: no hub runs in the publishing process."""
    monkeypatch.setattr("realtime.hub.list_running_hubs", list)


@pytest.fixture
def raw() -> Any:
    with client() as redis, redis.pubsub(ignore_subscribe_messages=True) as listener:
        yield listener


def next_message(raw: Any) -> Any:
    while (message := raw.get_message(timeout=5)) is None:
        pass
    return message


async def test_a_hub_receives_what_was_published_elsewhere(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[Any] = []
    monkeypatch.setattr(hub, "handle_event", received.append)
    hub.subscriber.hold("room.7")
    await listening(hub, "room.7")
    for number in range(3):
        await in_thread(publish.publish_event, "room.7", LayerEvent(**EVENT, user=number))
    await reached(lambda: len(received) == 3)
    assert received == [{**EVENT, "type": "event", "user": number} for number in range(3)]


async def test_the_layer_would_have_sent_the_same_bytes_to_the_same_channel(raw: Any) -> None:
    layer = get_channel_layer()
    assert layer is not None
    raw.psubscribe(f"{settings.REDIS_PREFIX}*")
    while raw.get_message(timeout=0.1) is not None or not raw.subscribed:
        pass
    event = {**EVENT, "type": "event"}
    await layer.group_send("room.7", event)
    by_layer = next_message(raw)
    await asyncio.to_thread(publish.publish_event, "room.7", LayerEvent(**EVENT))
    by_us = next_message(raw)
    assert by_us["channel"] == by_layer["channel"]
    assert by_us["data"] == by_layer["data"]
    assert msgpack.unpackb(by_us["data"]) == event


def test_a_thousand_events_need_one_connection(settings: Settings) -> None:
    settings.REDIS = {"host": "127.0.0.1", "port": free_port()}
    with server(settings.REDIS["port"]), client() as redis:
        for _number in range(1000):
            publish.publish_event("room.7", LayerEvent(**EVENT))
        assert len(redis.client_list()) == 2  # ours, and the one that asks


def test_a_restarted_redis_gets_the_next_event(settings: Settings) -> None:
    settings.REDIS = {"host": "127.0.0.1", "port": free_port()}
    with server(settings.REDIS["port"]):
        publish.publish_event("room.7", LayerEvent(**EVENT))
    with server(settings.REDIS["port"]), client() as redis, redis.pubsub(ignore_subscribe_messages=True) as raw:
        raw.psubscribe("*")
        while raw.get_message(timeout=0.1) is not None or not raw.subscribed:
            pass
        publish.publish_event("room.7", LayerEvent(**EVENT))
        assert next_message(raw)["channel"].endswith(b"__group__room.7")


def test_a_redis_that_is_away_fails_and_delays_no_request(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS = {**settings.REDIS, "port": free_port()}
    begun = time.monotonic()
    with caplog.at_level(logging.WARNING):
        for _event in range(5):
            publish.publish_event("room.7", LayerEvent(**EVENT))
    assert time.monotonic() - begun < 1
    assert caplog.text.count("Publishing to Redis failed") == 1
    assert "Traceback" not in caplog.text


async def test_a_write_on_a_page_is_heard_on_a_socket(hub: Hub, connect: Connect, ada: User, ben: User) -> None:
    room = await in_thread(make_room, ada, ben)
    tab = await connect(ben)
    replica = await tab.follow(f"room.{room.pk}")
    await listening(hub, f"room.{room.pk}")
    await in_thread(say, room, ada, "from a page")
    await tab.until(lambda: replica.said() == ["<p>from a page</p>"], "what was said on a page")
