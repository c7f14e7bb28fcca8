"""Redis clients. With sentinels, they follow the master."""

from typing import Any

import redis
from django.conf import settings
from redis import asyncio as aioredis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.asyncio.sentinel import Sentinel as AsyncSentinel
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel


def create_client(timeout: float, retries: int = 1, **options: Any) -> redis.Redis:
    """``timeout``: seconds for a call; ``retries``: of a call that failed.

    The library's own defaults would block a page for seconds.
    """
    redis_client: redis.Redis = _connect(
        redis.Redis, Sentinel, **_timeouts(timeout), retry=Retry(NoBackoff(), retries), **options
    )
    return redis_client


def create_async_client(timeout: float, retries: int = 1, **options: Any) -> aioredis.Redis:
    retry = AsyncRetry(NoBackoff(), retries)
    redis_client: aioredis.Redis = _connect(aioredis.Redis, AsyncSentinel, **_timeouts(timeout), retry=retry, **options)
    return redis_client


def _timeouts(timeout: float) -> dict[str, float]:
    return {"socket_timeout": timeout, "socket_connect_timeout": timeout}


def _connect(direct: Any, sentinel: Any, **options: Any) -> Any:
    config = {**(settings.REDIS or {}), **options}
    if "sentinels" not in config:
        return direct(**config)
    addresses, master, sentinel_options = (config.pop(name) for name in ("sentinels", "master_name", "sentinel_kwargs"))
    return sentinel(addresses, sentinel_kwargs=sentinel_options).master_for(master, **config)
