"""Rate limits by token buckets. A refusal says how long to wait; after that the request passes.

The rates are COMMANDS_PER_SECOND and POSTS_PER_SECOND of the settings.
"""

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
from myweb.failure_log import FailureLog
from myweb.formats import format_wait
from realtime.protocol import Command, Ping, Subscribe, Unsubscribe
from realtime.publish import get_shared_client

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

failures = FailureLog(logging.getLogger(__name__))

BURST = 5.0  # seconds of the rate that may come at once
SLACK = 1e-4  # seconds of rounding error in sums of floats
SWEEP = 1_000  # new buckets until the full ones are dropped
AWAY = 5.0  # seconds without Redis after a failure: each call could take a second

# Tokens; 1 for everything else. A page reconnects with up to 33 commands, as does every other tab of its user.
COSTS: dict[type[Command], float] = {Ping: 0.0, Unsubscribe: 0.0, Subscribe: 0.25}

# To parse 10,000 characters takes up to 50 ms. At the default rates the longest texts of one user take 15 % of a core.
CHARACTERS = 1_500  # of a text for a token of commands
POST_BYTES = 3_000  # of a body for a token of posts, which come back more slowly
MAX_COST = 10.0  # tokens; a long text in a script of three bytes a character, and a large form

# The same as Buckets.take, by the clock of Redis, which all machines share. Set back, it locks no user out.
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
        message = text or _("Rate limit reached. Try again in %(time)s.") % {"time": format_wait(wait)}
        super().__init__("too_fast", message, retry=True, wait=wait)


class Buckets:
    """A bucket for each key, in this process. A bucket is the time at which it is full again."""

    def __init__(self, rate: float) -> None:
        self.seconds_per_token = 1 / rate  # seconds until a token is back
        self.full_at: dict[Hashable, float] = {}
        self.sweep_at = SWEEP

    def take(self, key: Hashable, tokens: float = 1.0) -> float:
        """0.0 if the tokens were taken; else the seconds until there are enough."""
        now = monotonic()
        full_at = max(self.full_at.get(key, now), now) + self.price(tokens)
        wait = full_at - now - BURST
        if wait > SLACK:
            return wait
        self.full_at[key] = full_at
        if len(self.full_at) > self.sweep_at:
            self.sweep(now)
        return 0.0

    def price(self, tokens: float) -> float:
        """In seconds, at most a full bucket: a higher price would be refused for ever."""
        return min(tokens * self.seconds_per_token, BURST)

    def sweep(self, now: float) -> None:
        """Drops full buckets, which equal new ones. The list is made in one step, since threads may call."""
        self.full_at = {key: full_at for key, full_at in list(self.full_at.items()) if full_at > now}
        self.sweep_at = len(self.full_at) + SWEEP


class SharedBuckets:
    """Buckets shared by all processes in Redis; without it, or while it is away, each process has its own."""

    def __init__(self, name: str, rate: float) -> None:
        self.name = name
        self.own = Buckets(rate)
        self.away_until = 0.0

    def take(self, key: str, tokens: float = 1.0) -> float:
        """As :meth:`Buckets.take`."""
        if settings.REDIS and monotonic() >= self.away_until:
            what = f"The shared rate limit {self.name} (Redis)"
            try:
                name = f"{settings.REDIS_PREFIX}:{self.name}:{key}"
                taken = get_shared_client().register_script(TAKE)(keys=[name], args=[self.own.price(tokens), BURST])
            except redis.RedisError as error:
                self.away_until = monotonic() + AWAY
                failures.record_failure(what, error)
            else:
                failures.record_success(what)
                return float(taken)
        return self.own.take(key, tokens)


def command_cost(command: Command) -> float:
    """Tokens."""
    return max(COSTS.get(type(command), 1.0), min(command.text_size / CHARACTERS, MAX_COST))


def post_cost(size: int) -> float:
    """Tokens for a body of so many bytes."""
    return max(1.0, min(size / POST_BYTES, MAX_COST))


@cache
def command_buckets() -> Buckets:
    """For each user, over all sockets in this process."""
    return Buckets(settings.COMMANDS_PER_SECOND)


@cache
def post_buckets() -> SharedBuckets:
    """For each user, or each address of clients that are not signed in."""
    return SharedBuckets("posts", settings.POSTS_PER_SECOND)
