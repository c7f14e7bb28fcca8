"""How fast may be posted: one count for all processes while there is a Redis."""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import Room
from realtime import publish, rate_limits
from realtime.rate_limits import AWAY, SharedBuckets
from tests.support.cast import as_
from tests.support.posts import EACH, MANY, is_free, refused, slow_site
from tests.support.redis import client as redis_client
from tests.support.redis import free_port, server

__all__ = ["slow_site"]


@pytest.fixture
def own_redis(real_redis: None, settings: Settings, slow_site: None) -> Iterator[Any]:
    """A Redis that nobody else talks to; gives its process."""
    settings.REDIS = {"host": "127.0.0.1", "port": free_port()}
    with server(settings.REDIS["port"]) as process:
        yield process


@pytest.fixture
def another_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From here on as in another worker of uWSGI: nothing of what was known is known."""

    def another_process() -> None:
        rate_limits.post_buckets.cache_clear()
        monkeypatch.setattr(publish, "_client", None)

    return another_process


def calls(command: str) -> int:
    with redis_client() as redis:
        stats: Any = redis.info("commandstats")
        return int(stats.get(f"cmdstat_{command}", {"calls": 0})["calls"])


def test_all_processes_count_together(own_redis: Any, ben: User, another_process: Callable[[], None]) -> None:
    client = as_(ben)
    for _post in range(MANY):
        another_process()
        assert is_free(client)
    another_process()
    assert not is_free(client)


def test_each_process_without_redis_counts_for_itself(
    slow_site: None, settings: Settings, ben: User, another_process: Callable[[], None]
) -> None:
    settings.REDIS = None
    refused(as_(ben))
    another_process()
    assert is_free(as_(ben))


def test_a_post_asks_redis_once_and_reading_never(own_redis: Any, ben: User, room: Room) -> None:
    client = as_(ben)
    assert is_free(client)
    before = calls("evalsha")
    for _post in range(5):
        assert is_free(client)
    assert calls("evalsha") - before == 5
    assert calls("script|load") == 1
    seen = calls("evalsha")
    for path in ("/healthz", f"/rooms/{room.pk}/history/", "/profile/"):
        assert client.get(path).status_code == 200
    assert calls("evalsha") == seen


def test_redis_forgets_a_bucket_when_it_is_full(own_redis: Any, settings: Settings, ada: User, ben: User) -> None:
    def left(person: User) -> Any:
        with redis_client() as redis:
            return redis.pttl(f"{settings.REDIS_PREFIX}:posts:user.{person.pk}")

    assert is_free(as_(ben))
    assert 0 < left(ben) <= 1_000 * EACH
    refused(as_(ada))
    assert 1_000 * (MANY - 1) * EACH < left(ada) <= 1_000 * MANY * EACH


def test_two_who_ask_at_once_do_not_get_the_same_token(own_redis: Any) -> None:
    buckets = rate_limits.post_buckets()
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _number: buckets.take("ada"), range(200)))
    assert waits.count(0.0) == MANY


def test_who_waits_as_long_as_redis_says_is_let_in_and_not_before(
    own_redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "BURST", 1.0)
    buckets, wait = SharedBuckets("posts", 5), 0.0
    while not wait:
        asked = time.monotonic()
        wait = buckets.take("ada")
    while buckets.take("ada"):
        assert time.monotonic() < asked + 10
    assert time.monotonic() - asked > wait - 0.001
    assert 0 < wait <= 0.2


def test_a_redis_set_back_in_time_locks_nobody_out(own_redis: Any, settings: Settings) -> None:
    with redis_client() as redis:
        redis.set(f"{settings.REDIS_PREFIX}:posts:ada", str(time.time() + 1e9))
    assert rate_limits.post_buckets().take("ada") == pytest.approx(EACH)


def test_a_redis_that_dies_is_missed_by_nobody(own_redis: Any, ben: User, caplog: pytest.LogCaptureFixture) -> None:
    client = as_(ben)
    assert is_free(client)
    own_redis.kill()
    own_redis.wait()
    begun = time.monotonic()
    with caplog.at_level(logging.WARNING, "realtime.rate_limits"):
        refused(client)
    assert time.monotonic() - begun < 5, "it held requests up"
    assert caplog.text.count("The shared rate limit posts (Redis) failed") == 1, "asked once, then left alone"


def test_a_redis_that_is_back_counts_again(
    real_redis: None, slow_site: None, settings: Settings, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without what it knew: neither the buckets nor the script."""
    settings.REDIS = {"host": "127.0.0.1", "port": free_port()}
    now = [1_000.0]
    monkeypatch.setattr(rate_limits, "monotonic", lambda: now[0])
    client = as_(ben)
    with server(settings.REDIS["port"]):
        assert is_free(client)
    assert is_free(client)
    with server(settings.REDIS["port"]):
        assert is_free(client)
        assert calls("evalsha") == 0
        now[0] += AWAY
        assert is_free(client)
        assert calls("evalsha") > 0


def test_one_kept_connection_serves_events_and_limits(own_redis: Any, ben: User) -> None:
    def connections(redis: Any) -> int:
        return int(redis.info("stats")["total_connections_received"])

    client = as_(ben)
    with redis_client() as redis:
        before = connections(redis)
        for _time in range(10):
            assert is_free(client)
            publish._publish_by_redis("room.7", {"topic": "room.7", "first": 0, "events": []})
        assert connections(redis) == before + 1
