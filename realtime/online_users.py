"""Users with an open socket, for synchronous code: what realtime/presence.py stores in Redis."""

import time
from typing import Any

import redis
from django.conf import settings

from realtime.presence import get_online_key
from realtime.publish import get_shared_client


def get_online_users() -> set[int] | None:
    """Returns None without Redis or while it is down. Then no user counts as offline."""
    if not settings.REDIS:
        return None
    try:
        members: Any = get_shared_client().zrangebyscore(get_online_key(), time.time(), "+inf")
    except redis.RedisError:
        return None
    return {int(member) for member in members}
