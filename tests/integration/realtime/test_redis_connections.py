"""Connections to Redis: they last while nothing is said, and a page that is posted to needs no more of them."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings
from redis import Redis

from accounts.models import User
from chat.models import Message, Room
from realtime import rate_limits
from realtime.database import in_thread
from tests.support.redis import client, free_port, server
from tests.support.serving import Start, ready
from tests.support.wire import open_session, reached

pytestmark = [pytest.mark.usefixtures("real_redis", "transactional_db"), pytest.mark.any_database]


@pytest.fixture
def own_redis(settings: Settings) -> Iterator[Redis]:
    """That nobody else is connected to."""
    settings.REDIS = {"host": "127.0.0.1", "port": free_port()}
    with server(settings.REDIS["port"]), client() as redis:
        yield redis


def listeners(redis: Redis) -> set[str]:
    """Connections that have subscribed to something."""
    return {each["id"] for each in redis.client_list() if each["sub"] != "0"}


async def test_a_socket_that_is_quiet_for_long_still_hears(
    start: Start, own_redis: Redis, room: Room, ada: User, ben: User
) -> None:
    """redis-py 8 gives up a connection that waits for more than 5 s, unless it is told or asked otherwise."""
    port = own_redis.get_connection_kwargs()["port"]
    there = {"REDIS_PORT": str(port), "REDIS_PASSWORD": "", "REDIS_USERNAME": ""}
    first, second = start(**there), start(**there)
    sessions = [await in_thread(open_session, person) for person in (ada, ben)]
    await ready(first, second)
    async with first.connect(sessions[0]) as one, second.connect(sessions[1]) as other:
        for line in (one, other):
            await line.ok("subscribe", stream=f"room.{room.pk}")
        await reached(lambda: len(listeners(own_redis)) == 2, "both listen")
        before, begun = listeners(own_redis), asyncio.get_running_loop().time()
        await other.until(lambda each: each.get("type") == "heads")  # the first thing that is said to a quiet socket
        assert asyncio.get_running_loop().time() - begun > 15, "quiet for long"
        assert listeners(own_redis) == before, "the same connections"
        await one.send(room, "after a while")
        await other.hears("after a while")
        assert listeners(own_redis) == before
    for each in (first, second):
        assert "does not respond" not in each.log.read_text()
        assert "Traceback" not in each.log.read_text()


def test_a_thousand_posts_need_no_more_connections(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, own_redis: Redis, room: Room, ada: User
) -> None:
    settings.POSTS_PER_SECOND = 10_000
    rate_limits.post_buckets.cache_clear()
    monkeypatch.setattr("realtime.hub.list_running_hubs", list)  # as in uWSGI: no hub in the publishing process
    browser, address = Client(), reverse("room_messages", args=[room.pk])
    browser.force_login(ada)

    def post() -> None:
        fields = {"client_id": str(uuid4()), "body": "Hello"}
        assert browser.post(address, fields, content_type="application/json").status_code == 200

    post()
    before = len(own_redis.client_list())
    for _post in range(1_000):
        post()
    assert len(own_redis.client_list()) == before
    assert before == 2, "ours, and the one that asks"
    assert Message.objects.count() == 1_001
