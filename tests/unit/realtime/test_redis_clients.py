"""Clients of Redis go straight to it, or by sentinels to whichever server is the master."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from redis.asyncio.sentinel import MasterNotFoundError as AsyncMasterNotFoundError
from redis.sentinel import MasterNotFoundError

from realtime.redis import create_async_client, create_client

ROOT = Path(__file__).parents[3]
ASK = "import json; from django.conf import settings as s; print(json.dumps([s.REDIS, s.CHANNEL_LAYERS]))"
WATCHED = {
    "sentinels": [("127.0.0.1", 1)],  # nobody listens there
    "master_name": "myweb",
    "sentinel_kwargs": {"password": None, "socket_timeout": 0.5, "socket_connect_timeout": 0.5, "retry": None},
    "username": None,
    "password": "#$%@/",
}


def settings_of(**environment: str) -> tuple[dict[str, object], dict[str, object]]:
    """Settings and the layer's host, as a process with this environment has them."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("REDIS_")}
    env = outside | {"DJANGO_SETTINGS_MODULE": "myweb.settings"} | environment
    done = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    redis, layers = json.loads(done.stdout)
    return redis, layers["default"]["CONFIG"]["hosts"][0]


def test_one_server_is_known_by_its_address() -> None:
    redis, layer = settings_of(REDIS_HOST="redis", REDIS_PASSWORD="#$%@/")
    assert redis == {"host": "redis", "port": 6379, "username": None, "password": "#$%@/"}
    assert layer.items() >= redis.items()


def test_sentinels_stand_before_the_address_of_one_server() -> None:
    redis, layer = settings_of(
        REDIS_HOST="redis", REDIS_SENTINELS="one:26379 two:26379", REDIS_SENTINEL_PASSWORD="watch", REDIS_PASSWORD="x"
    )
    assert redis["sentinels"] == [["one", 26379], ["two", 26379]]
    assert (redis["master_name"], redis["password"]) == ("myweb", "x")
    assert redis["sentinel_kwargs"]["password"] == "watch"  # type: ignore[index]
    assert "host" not in redis
    assert layer.items() >= redis.items()


def test_a_client_goes_straight_to_the_one_server(settings: Settings) -> None:
    settings.REDIS = {"host": "redis", "port": 6379, "password": "#$%@/"}
    known = create_client(timeout=1).connection_pool.connection_kwargs
    assert (known["host"], known["password"], known["socket_timeout"]) == ("redis", "#$%@/", 1)
    assert known["retry"].get_retries() == 1, "the library itself tries ten times"


def test_a_client_asks_the_sentinels_first_and_fails_as_redis_does(settings: Settings) -> None:
    settings.REDIS = WATCHED
    with pytest.raises(MasterNotFoundError):
        create_client(timeout=1).ping()


async def test_so_does_one_that_waits_for_answers(settings: Settings) -> None:
    settings.REDIS = WATCHED
    redis = create_async_client(timeout=1, decode_responses=True)
    with pytest.raises(AsyncMasterNotFoundError):
        await redis.ping()
    await redis.aclose()
