"""Clients of Redis. Where sentinels watch over several servers, they follow the master, whichever it is."""

from typing import Any

import redis
from django.conf import settings
from redis import asyncio as aioredis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.asyncio.sentinel import Sentinel as AsyncSentinel
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel


def client(patience: float, again: int = 1, **options: Any) -> redis.Redis:
    """``patience`` in seconds, with one word; ``again``: how often what failed is tried once more.

    The library's own patience would hold a page for seconds.
    """
    made: redis.Redis = _made(redis.Redis, Sentinel, **_waiting(patience), retry=Retry(NoBackoff(), again), **options)
    return made


def async_client(patience: float, again: int = 1, **options: Any) -> aioredis.Redis:
    retry = AsyncRetry(NoBackoff(), again)
    made: aioredis.Redis = _made(aioredis.Redis, AsyncSentinel, **_waiting(patience), retry=retry, **options)
    return made


def _waiting(patience: float) -> dict[str, float]:
    return {"socket_timeout": patience, "socket_connect_timeout": patience}


def _made(straight: Any, sentinel: Any, **options: Any) -> Any:
    there = {**(settings.REDIS or {}), **options}
    if "sentinels" not in there:
        return straight(**there)
    watchers, master, manners = (there.pop(name) for name in ("sentinels", "master_name", "sentinel_kwargs"))
    return sentinel(watchers, sentinel_kwargs=manners).master_for(master, **there)
