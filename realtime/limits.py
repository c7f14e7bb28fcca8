"""Token buckets: how fast one may ask. Who is refused is told how long to wait, and after that is let in."""

import logging
from collections.abc import Hashable
from functools import cache
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING

import redis
from django.conf import settings
from django.utils.translation import gettext as _

from myweb.errors import Refused
from myweb.formats import format_wait
from realtime.protocol import Command, Ping, Subscribe, Unsubscribe
from realtime.publish import kept_client

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

logger = logging.getLogger(__name__)

BURST = 5.0  # seconds; so much of the rate may come at once
SLACK = 1e-4  # seconds by which sums of floats may be wrong
SWEEP = 1_000  # buckets; so many new ones come before the full ones are forgotten
AWAY = 5.0  # seconds for which a Redis that failed is not asked again: each question could take a second

# Tokens; 1 for everything else. A page comes back with 33 questions at most, and with it every other tab of its reader.
COSTS: dict[type[Command], float] = {Ping: 0.0, Unsubscribe: 0.0, Subscribe: 0.25}

# To parse 10,000 characters takes up to 50 ms. At the default rates the longest texts of one user take 15 % of a core.
CHARACTERS = 1_500  # of a text for a token of commands
POST_BYTES = 3_000  # of a body for a token of posts, which come back more slowly
MOST = 10.0  # tokens; a long text in a script of three bytes a character, and a large form

# The same as Buckets.take. The clock is that of Redis, since several machines ask; set back, it locks nobody out.
TAKE = f"""
local time, price, burst = redis.call('TIME'), tonumber(ARGV[1]), tonumber(ARGV[2])
local now = time[1] + time[2] / 1000000
local full_at = tonumber(redis.call('GET', KEYS[1]) or now)
full_at = math.min(math.max(full_at, now), now + burst) + price
local wait = full_at - now - burst
if wait > {SLACK} then return tostring(wait) end
redis.call('SET', KEYS[1], string.format('%.6f', full_at), 'PX', math.ceil((full_at - now) * 1000))
return '0'
"""


class TooFast(Refused):
    def __init__(self, wait: float, text: "str | StrPromise" = "") -> None:
        wait = ceil(wait * 100) / 100
        said = text or _("Rate limit reached. Try again in %(time)s.") % {"time": format_wait(wait)}
        super().__init__("too_fast", said, retry=True, wait=wait)


class Buckets:
    """A bucket for each key, kept by this process. All there is to keep is the moment when it is full again."""

    def __init__(self, rate: float) -> None:
        self.each = 1 / rate  # seconds until a token is back
        self.full_at: dict[Hashable, float] = {}
        self.most = SWEEP

    def take(self, key: Hashable, tokens: float = 1.0) -> float:
        """0.0 if the tokens were there, and they are taken; else the seconds until they will be."""
        now = monotonic()
        full_at = max(self.full_at.get(key, now), now) + self.price(tokens)
        wait = full_at - now - BURST
        if wait > SLACK:
            return wait
        self.full_at[key] = full_at
        if len(self.full_at) > self.most:
            self.sweep(now)
        return 0.0

    def price(self, tokens: float) -> float:
        """In seconds. No more than a full bucket holds: what costs more would be refused for ever."""
        return min(tokens * self.each, BURST)

    def sweep(self, now: float) -> None:
        """A full bucket is like one that never was. The list is made in one step, since threads may ask."""
        self.full_at = {key: full_at for key, full_at in list(self.full_at.items()) if full_at > now}
        self.most = len(self.full_at) + SWEEP


class SharedBuckets:
    """Buckets that all processes of the site share by Redis; without it, or while it is away, each has its own."""

    def __init__(self, name: str, rate: float) -> None:
        self.name = name
        self.own = Buckets(rate)
        self.away_until = 0.0

    def take(self, key: str, tokens: float = 1.0) -> float:
        """As :meth:`Buckets.take`."""
        if settings.REDIS and monotonic() >= self.away_until:
            try:
                name = f"{settings.REDIS_PREFIX}:{self.name}:{key}"
                return float(kept_client().register_script(TAKE)(keys=[name], args=[self.own.price(tokens), BURST]))
            except redis.RedisError as error:
                self.away_until = monotonic() + AWAY
                logger.warning("Rate limit %s: Redis does not respond; counting per process: %s", self.name, error)
        return self.own.take(key, tokens)


def command_cost(command: Command) -> float:
    """Tokens."""
    return max(COSTS.get(type(command), 1.0), min(command.text_size / CHARACTERS, MOST))


def post_cost(size: int) -> float:
    """Tokens for a body of so many bytes."""
    return max(1.0, min(size / POST_BYTES, MOST))


@cache
def commands() -> Buckets:
    """For each person, over all their sockets in this process."""
    return Buckets(settings.COMMANDS_PER_SECOND)


@cache
def posts() -> SharedBuckets:
    """For each person or, of those who are not signed in, each address."""
    return SharedBuckets("posts", settings.POSTS_PER_SECOND)
