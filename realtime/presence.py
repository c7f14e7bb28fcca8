"""Online users: a sorted set in Redis, user id -> expiry; without Redis, the same in this process."""

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from realtime.redis import create_async_client


def get_online_key() -> str:
    return f"{settings.REDIS_PREFIX}:online"


class Changes(NamedTuple):
    joined: frozenset[int]
    left: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.joined or self.left)


class Presence:
    INTERVAL = 2.0  # seconds between updates, each of which has all changes in between
    GRACE = 15.0  # seconds after the last tab has gone
    REFRESH = 5.0  # seconds between writes for users who stay

    def __init__(self) -> None:
        self.known: frozenset[int] = frozenset()
        self.local: dict[int, float] = {}  # also used while Redis is away
        self.redis: Redis | None = None
        if settings.REDIS:
            self.redis = create_async_client(timeout=1, decode_responses=True)
            self.key = get_online_key()

    async def touch(self, user_ids: Iterable[int]) -> None:
        until = time.time() + self.GRACE
        fresh = dict.fromkeys(user_ids, until)
        self.local.update(fresh)
        if self.redis and fresh:
            with suppress(RedisError):
                await self.redis.zadd(self.key, {str(user_id): until for user_id in fresh})

    async def keep(self, user_ids: Iterable[int]) -> None:
        due = time.time() + self.GRACE - self.REFRESH
        await self.touch([user_id for user_id in user_ids if self.local.get(user_id, 0.0) < due])

    async def online(self) -> frozenset[int]:
        now = time.time()
        latest = now + self.GRACE  # a later expiry was written before the clock was set back
        self.local = {user_id: min(until, latest) for user_id, until in self.local.items() if until > now}
        if self.redis:
            try:
                await self.redis.zremrangebyscore(self.key, 0, now)
                pairs: Any = await self.redis.zrange(self.key, 0, -1, withscores=True)
                expiries: dict[str, float] = dict(pairs)
                if ahead := [member for member, until in expiries.items() if until > latest + self.GRACE]:
                    await self.redis.zadd(self.key, dict.fromkeys(ahead, latest), xx=True)
                return frozenset(int(member) for member in expiries)
            except RedisError:
                pass
        return frozenset(self.local)

    async def close(self) -> None:
        if self.redis:
            await self.redis.aclose()
