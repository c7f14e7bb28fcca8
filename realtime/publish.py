"""Ringing the bell from synchronous code: pages in uWSGI, commands, and the database threads of a socket process.

A bell that cannot be rung is logged and forgotten: every hub reads the database again within seconds.
"""

import logging

import msgpack
import redis
from django.conf import settings

from realtime import hub
from realtime.bell import Bell
from realtime.redis import client

logger = logging.getLogger(__name__)


_client: redis.Redis | None = None


def publish(group: str, bell: Bell) -> None:
    """Rings for a group, in this process and in every other one. Call it in ``transaction.on_commit``."""
    bell["type"] = "bell"
    local = hub.running()
    for each in local:
        each.loop.call_soon_threadsafe(each.post, group, bell)
    if not local and settings.REDIS:
        _publish_by_redis(group, bell)


def kick(user_id: int, code: int, session: str = "", *, kept: tuple[str, str] | None = None) -> None:
    """Closes a person's sockets: all of them, or those of one session (its digest).

    ``kept``: the digests that the key of one session had and has now. Its sockets stay, under the new key.
    """
    bell: Bell = {"user": user_id, "kick": int(code), "session": session}
    if kept:
        bell["kept"], bell["renewed"] = kept
    publish(f"user.{user_id}", bell)


def kept_client() -> redis.Redis:
    global _client  # noqa: PLW0603 - one kept connection a process, made after uWSGI has forked
    if _client is None:
        assert settings.REDIS
        _client = client(patience=1, again=1)  # once more, for a connection cut by a restart
    return _client


def _publish_by_redis(group: str, bell: Bell) -> None:
    try:
        kept_client().publish(f"{settings.REDIS_PREFIX}__group__{group}", msgpack.packb(bell))
    except redis.RedisError as error:
        logger.warning("Publishing to %s failed: %s", group, error)
