"""Checks Redis, and the channel layer: a notification is published and received."""

import asyncio
import time
from typing import Any
from uuid import uuid4

import redis
from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers
from django.conf import settings

from myweb.formats import format_bytes, format_duration
from ops.doctor.finding import (
    Findings,
    describe_error,
    report_failure,
    report_ok,
    report_skipped,
    report_warning,
)
from ops.doctor.installation import get_installation
from ops.doctor.site_client import SiteClient
from realtime.publish import publish_event
from realtime.redis import create_client

TIMEOUT = 2.0  # seconds for a command
RECEIVE_TIMEOUT = 3.0
MEMORY_FULL = 0.9  # of maxmemory


def check_redis(_site: SiteClient) -> Findings:
    if not settings.REDIS:
        yield report_skipped("REDIS_HOST is not set, which is right for one process")
        return
    try:
        with create_client(timeout=TIMEOUT, retries=0) as redis_client:
            begun = time.perf_counter()
            redis_client.ping()
            took = time.perf_counter() - begun
            info: dict[str, Any] = redis_client.info()
            used = f"{format_bytes(info['used_memory'])} in use"
            yield report_ok(f"Redis {info['redis_version']}, {format_duration(took)}, {used}")
            yield from check_writes(redis_client)
            yield from check_memory(info)
    except redis.AuthenticationError as error:
        yield report_failure(
            f"it rejects the password: {describe_error(error)}",
            get_installation().explain_setting("REDIS_USERNAME and REDIS_PASSWORD or REDIS_PASSWORD_FILE"),
        )
    except redis.RedisError as error:
        yield report_failure(f"it does not respond: {describe_error(error)}", get_installation().start_command("redis"))


def check_writes(redis_client: redis.Redis) -> Findings:
    """A write fails on a replica, with full memory and with a failing disk."""
    try:
        redis_client.set(f"{settings.REDIS_PREFIX}:doctor", "", px=1000)
    except redis.ReadOnlyError:
        yield report_failure(
            "it is read-only: it is a replica", "Set REDIS_HOST to the master, or REDIS_SENTINELS to follow it"
        )
    except redis.ResponseError as error:
        yield report_failure(
            f"it rejects writes: {describe_error(error)}",
            f"{format_redis_command('config set maxmemory 256mb')} - or fix the reported error",
        )


def check_memory(info: dict[str, Any]) -> Findings:
    limit, used, policy = info.get("maxmemory", 0), info["used_memory"], info.get("maxmemory_policy", "noeviction")
    larger = format_redis_command(f"config set maxmemory {max(2 * limit, 2 * used, 256 << 20) >> 20}mb")
    if not limit:
        yield report_warning(
            "it has no maxmemory: when the memory of its machine is full, the kernel kills a process there",
            f"{format_redis_command('config set maxmemory-policy volatile-lru')}; {larger}; and both in redis.conf",
        )
    if limit and used > MEMORY_FULL * limit:
        then = "then it rejects writes" if policy == "noeviction" else f"then it evicts keys by {policy}"
        yield report_warning(f"its memory is {100 * used / limit:.0f} % full; {then}", larger)
    if info.get("evicted_keys"):
        yield report_warning(f"it has evicted {info['evicted_keys']} keys because memory was full ({policy})", larger)
    if info.get("rejected_connections"):
        yield report_warning(
            f"it has rejected {info['rejected_connections']} connections (maxclients)",
            f"{format_redis_command('config set maxclients 10000')} - and ulimit -n above it",
        )


def format_redis_command(words: str) -> str:
    """A redis-cli command for a shell on the host of the site; with sentinels, MASTER stands for the address."""
    redis_settings = settings.REDIS or {}
    password_option = " --askpass" if redis_settings.get("password") else ""
    address = f"-h {redis_settings.get('host', 'MASTER')} -p {redis_settings.get('port', 6379)}"
    return f"{get_installation().redis}redis-cli {address}{password_option} {words}"


def check_channel_layer(_site: SiteClient) -> Findings:
    if not settings.REDIS:
        yield report_skipped("only within this process, without Redis")
        return
    try:
        took = asyncio.run(asyncio.wait_for(measure_round_trip(), RECEIVE_TIMEOUT))
    except (TimeoutError, OSError, redis.RedisError) as error:
        unheard = f"a published notification was not received within {format_duration(RECEIVE_TIMEOUT)}"
        user = settings.REDIS.get("username") or "default"
        yield report_failure(
            unheard if isinstance(error, TimeoutError) else f"publishing failed: {describe_error(error)}",
            format_redis_command(f"acl setuser {user} '&*'")
            if is_redis_up()
            else get_installation().start_command("redis"),
        )
    else:
        yield report_ok(f"a notification arrived {format_duration(took)} after publishing")


def is_redis_up() -> bool:
    try:
        with create_client(timeout=TIMEOUT, retries=0) as redis_client:
            return bool(redis_client.ping())
    except redis.RedisError:
        return False


async def measure_round_trip() -> float:
    """Seconds from publishing in one process to receiving in another."""
    receiver, group = channel_layers.make_backend(DEFAULT_CHANNEL_LAYER), f"doctor.{uuid4().hex}"
    try:
        channel = await receiver.new_channel()
        await receiver.group_add(group, channel)
        for _again in range(2):  # the first one also waits for the layer to begin listening
            begun = time.perf_counter()
            await asyncio.to_thread(publish_event, group, {})
            await receiver.receive(channel)
        return time.perf_counter() - begun
    finally:
        await receiver.flush()
