"""Publishing layer events from synchronous code: pages in uWSGI, management commands, database threads.

A failure is logged and not retried: every hub reads the database again within seconds.
"""

import logging

import msgpack
import redis
from django.conf import settings
from redis.utils import str_if_bytes

from myweb.failure_log import FailureLog
from realtime import hub
from realtime.layer_event import LayerEvent
from realtime.redis import create_client

failures = FailureLog(logging.getLogger(__name__))

_client: redis.Redis | None = None


def publish_event(group: str, event: LayerEvent) -> None:
    """Publishes to a group, in this process and all others. Call it in ``transaction.on_commit``."""
    event["type"] = "event"
    local = hub.list_running_hubs()
    for local_hub in local:
        local_hub.loop.call_soon_threadsafe(local_hub.publish, group, event)
    if not local and settings.REDIS:
        _publish_by_redis(group, event)


def find_held_groups(prefix: str) -> set[str]:
    """The groups with this prefix that a socket of any process follows now; of this process alone if Redis fails."""
    groups = {name for local_hub in hub.list_running_hubs() for name in [*local_hub.topics] if name.startswith(prefix)}
    if settings.REDIS:
        channel_prefix = get_group_channel("")
        try:
            channels = get_shared_client().pubsub_channels(f"{channel_prefix}{prefix}*")
        except redis.RedisError as error:
            failures.record_failure("Asking Redis for its channels", error)
        else:
            failures.record_success("Asking Redis for its channels")
            groups.update(str_if_bytes(channel).removeprefix(channel_prefix) for channel in channels)
    return groups


def close_user_sockets(user_id: int, code: int, session: str = "", *, kept: tuple[str, str] | None = None) -> None:
    """Closes all sockets of a user, or those of one session (its digest).

    ``kept``: the digests of the old and the new key of one session. Its sockets stay, under the new key.
    """
    event: LayerEvent = {"user": user_id, "kick": int(code), "session": session}
    if kept:
        event["kept"], event["renewed"] = kept
    publish_event(f"user.{user_id}", event)


def get_shared_client() -> redis.Redis:
    global _client  # noqa: PLW0603 - one connection a process, made after uWSGI has forked
    if _client is None:
        assert settings.REDIS
        _client = create_client(timeout=1, retries=1)  # once more, for a connection cut by a restart
    return _client


def get_group_channel(group: str) -> str:
    """What channels_redis calls a group's channel."""
    return f"{settings.REDIS_PREFIX}__group__{group}"


def _publish_by_redis(group: str, event: LayerEvent) -> None:
    try:
        get_shared_client().publish(get_group_channel(group), msgpack.packb(event))
    except redis.RedisError as error:
        failures.record_failure("Publishing to Redis", error)
    else:
        failures.record_success("Publishing to Redis")
