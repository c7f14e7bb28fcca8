"""What the tests ask of Redis itself."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from deploy.stack.state import find_free_port as free_port
from realtime.hub import Hub
from tests.support.wire import reached

__all__ = ["client", "free_port", "listening", "server"]


def client() -> Redis:
    assert settings.REDIS
    return Redis(**settings.REDIS, socket_timeout=5)


async def listening(hub: Hub, *groups: str) -> None:
    """Waits until Redis itself counts this hub among the listeners of these groups."""
    channels = [f"{settings.REDIS_PREFIX}__group__{group}" for group in groups]
    with client() as redis:

        def counted() -> bool:
            counts: list[tuple[bytes, int]] = redis.pubsub_numsub(*channels)
            return hub.subscriber.joined >= {*groups} and all(count for _channel, count in counts)

        await reached(counted, f"listening to {groups}")


@contextmanager
def server(port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A Redis of our own, to be broken."""
    argv = ["redis-server", "--port", str(port), "--save", "", "--appendonly", "no", "--bind", "127.0.0.1"]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with Redis(port=port, socket_timeout=1) as probe:
            while True:
                try:
                    probe.ping()
                    break
                except RedisConnectionError:
                    assert process.poll() is None, "redis-server did not start"
        yield process
    finally:
        process.kill()
        process.wait()
