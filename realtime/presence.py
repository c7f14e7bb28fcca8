"""Who is online: a sorted set in Redis, person -> when to forget them; without Redis, the same in this process."""

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from realtime.redis import async_client


class Changes(NamedTuple):
    joined: frozenset[int]
    left: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.joined or self.left)


class Presence:
    BEAT = 2.0  # seconds between looks; people who come and go in between are told in one
    GRACE = 15.0  # seconds after the last tab has gone
    KEEP = 5.0  # seconds: how often those who stay are written down again

    def __init__(self) -> None:
        self.known: frozenset[int] = frozenset()
        self.local: dict[int, float] = {}  # also what is left to tell while Redis is away
        self.redis: Redis | None = None
        if settings.REDIS:
            self.redis = async_client(patience=1, decode_responses=True)
            self.key = f"{settings.REDIS_PREFIX}:online"

    async def touch(self, people: Iterable[int]) -> None:
        until = time.time() + self.GRACE
        fresh = dict.fromkeys(people, until)
        self.local.update(fresh)
        if self.redis and fresh:
            with suppress(RedisError):
                await self.redis.zadd(self.key, {str(user_id): until for user_id in fresh})

    async def keep(self, people: Iterable[int]) -> None:
        due = time.time() + self.GRACE - self.KEEP
        await self.touch([user_id for user_id in people if self.local.get(user_id, 0.0) < due])

    async def online(self) -> frozenset[int]:
        now = time.time()
        latest = now + self.GRACE  # what is later was written down before the clock was set back
        self.local = {user_id: min(until, latest) for user_id, until in self.local.items() if until > now}
        if self.redis:
            try:
                await self.redis.zremrangebyscore(self.key, 0, now)
                pairs: Any = await self.redis.zrange(self.key, 0, -1, withscores=True)
                found: dict[str, float] = dict(pairs)
                if ahead := [member for member, until in found.items() if until > latest + self.GRACE]:
                    await self.redis.zadd(self.key, dict.fromkeys(ahead, latest), xx=True)
                return frozenset(int(member) for member in found)
            except RedisError:
                pass
        return frozenset(self.local)

    async def close(self) -> None:
        if self.redis:
            await self.redis.aclose()
