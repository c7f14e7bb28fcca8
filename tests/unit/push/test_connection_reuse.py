import asyncio
import random
from typing import Any

import httpcore
import pytest

from push import http_client
from push.http_client import ConnectionReuse


class Connection:
    """One that tells whether two requests share it. Its close takes time, as that of a real one does."""

    def __init__(self) -> None:
        self.requests = 0
        self.closed = self.expired = self.was_closed_in_use = False

    def has_expired(self) -> bool:
        return self.expired and not self.requests

    def is_idle(self) -> bool:
        return not self.requests and not self.closed

    def is_closed(self) -> bool:
        return self.closed

    async def aclose(self) -> None:
        self.was_closed_in_use |= self.requests > 0
        self.closed = True
        await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(50))
async def test_no_connection_serves_two_requests_or_is_closed_in_use(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message whose connection is closed before the response is sent again, so it would arrive twice."""
    chance, opened = random.Random(seed), list[Connection]()

    def connect(*_arguments: Any, **_options: Any) -> Connection:
        opened.append(Connection())
        return opened[-1]

    monkeypatch.setattr(http_client, "MAX_IDLE_CONNECTIONS", 4)
    monkeypatch.setattr(httpcore, "AsyncHTTPConnection", connect)
    reuse, origin = ConnectionReuse(), httpcore.Origin(b"https", b"push.example.com", 443)

    async def send(service: str) -> None:
        connection: Any = await reuse.take(service, origin)
        assert connection.requests == 0
        assert not connection.closed
        connection.requests += 1
        for _step in range(chance.randrange(4)):
            await asyncio.sleep(0)
        connection.requests -= 1
        connection.expired = chance.random() < 0.3
        await reuse.give_back(service, connection)

    async def send_many() -> None:
        for _number in range(20):
            await send(chance.choice(["mozilla", "google", "apple"]))

    await asyncio.gather(*(send_many() for _sender in range(8)))
    assert not any(connection.was_closed_in_use for connection in opened)
    assert 0 < len(reuse.idle) <= 4
    assert not any(connection.is_closed() for _service, connection in reuse.idle)


async def test_idle_connections_of_one_service_leave_room_for_those_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "MAX_IDLE_CONNECTIONS", 4)
    monkeypatch.setattr(httpcore, "AsyncHTTPConnection", lambda *_arguments, **_options: Connection())
    reuse, origin = ConnectionReuse(), httpcore.Origin(b"https", b"push.example.com", 443)
    for connection in [await reuse.take("google", origin) for _number in range(4)]:
        await reuse.give_back("google", connection)
    first = await reuse.take("apple", origin)
    await reuse.give_back("apple", first)
    assert await reuse.take("apple", origin) is first
