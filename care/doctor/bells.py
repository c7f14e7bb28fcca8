"""Redis, and a layer event that is published as pages do and received as sockets do."""

import asyncio
import time
from typing import Any
from uuid import uuid4

import redis
from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers
from django.conf import settings

from care.doctor.finding import Findings, failed, milliseconds, ok, skipped, warning, why
from care.doctor.front import Front
from care.doctor.ways import way
from realtime.publish import publish_event
from realtime.redis import create_client

TIMEOUT = 2.0  # seconds for a word
HEARD_WITHIN = 3.0
FULL = 0.9  # of maxmemory


def redis_server(_front: Front) -> Findings:
    if not settings.REDIS:
        yield skipped("REDIS_HOST is not set, which is right for one process")
        return
    try:
        with create_client(timeout=TIMEOUT, retries=0) as line:
            begun = time.perf_counter()
            line.ping()
            took = time.perf_counter() - begun
            told: dict[str, Any] = line.info()
            used = f"{told['used_memory'] / 1e6:.1f} MB in use"
            yield ok(f"Redis {told['redis_version']}, {milliseconds(took)}, {used}")
            yield from keeps(line)
            yield from room(told)
    except redis.AuthenticationError as error:
        yield failed(
            f"it rejects the password: {why(error)}",
            way().sets("REDIS_USERNAME and REDIS_PASSWORD or REDIS_PASSWORD_FILE"),
        )
    except redis.RedisError as error:
        yield failed(f"it does not respond: {why(error)}", way().starts("redis"))


def keeps(line: redis.Redis) -> Findings:
    """A replica, a full memory or a disk that fails: all say so when something is written."""
    try:
        line.set(f"{settings.REDIS_PREFIX}:doctor", "", px=1000)
    except redis.ReadOnlyError:
        yield failed(
            "it is read-only: it is a replica", "Set REDIS_HOST to the master, or REDIS_SENTINELS to follow it"
        )
    except redis.ResponseError as error:
        yield failed(
            f"it rejects writes: {why(error)}", f"{cli('config set maxmemory 256mb')} - or fix the reported error"
        )


def room(told: dict[str, Any]) -> Findings:
    most, used, policy = told.get("maxmemory", 0), told["used_memory"], told.get("maxmemory_policy", "noeviction")
    larger = cli(f"config set maxmemory {max(2 * most, 256 << 20) >> 20}mb")
    if most and used > FULL * most:
        then = "then it rejects writes" if policy == "noeviction" else f"then it evicts keys by {policy}"
        yield warning(f"its memory is {100 * used / most:.0f} % full; {then}", larger)
    if told.get("evicted_keys"):
        yield warning(f"it has evicted {told['evicted_keys']} keys because memory was full ({policy})", larger)
    if told.get("rejected_connections"):
        yield warning(
            f"it has rejected {told['rejected_connections']} connections (maxclients)",
            f"{cli('config set maxclients 10000')} - and ulimit -n above it",
        )


def cli(words: str) -> str:
    """For a shell on the machine of the site; the sentinels' master, if there are any, is to be looked up."""
    there = settings.REDIS or {}
    asks = " --askpass" if there.get("password") else ""
    return f"{way().redis}redis-cli -h {there.get('host', 'MASTER')} -p {there.get('port', 6379)}{asks} {words}"


def layer(_front: Front) -> Findings:
    if not settings.REDIS:
        yield skipped("only within this process, without Redis")
        return
    try:
        took = asyncio.run(asyncio.wait_for(round_trip(), HEARD_WITHIN))
    except (TimeoutError, OSError, redis.RedisError) as error:
        unheard = f"a published notification was not received within {HEARD_WITHIN:.0f} s"
        user = settings.REDIS.get("username") or "default"
        yield failed(
            unheard if isinstance(error, TimeoutError) else f"publishing failed: {why(error)}",
            cli(f"acl setuser {user} '&*'") if answers() else way().starts("redis"),
        )
    else:
        yield ok(f"a notification arrived {milliseconds(took)} after publishing")


def answers() -> bool:
    try:
        with create_client(timeout=TIMEOUT, retries=0) as line:
            return bool(line.ping())
    except redis.RedisError:
        return False


async def round_trip() -> float:
    """Seconds from publishing on a page to receiving in a socket process."""
    heard, group = channel_layers.make_backend(DEFAULT_CHANNEL_LAYER), f"doctor.{uuid4().hex}"
    try:
        channel = await heard.new_channel()
        await heard.group_add(group, channel)
        for _again in range(2):  # before the first the layer sleeps, since it had nothing to listen to
            begun = time.perf_counter()
            await asyncio.to_thread(publish_event, group, {})
            await heard.receive(channel)
        return time.perf_counter() - begun
    finally:
        await heard.flush()
