"""Sends requests to push services. Their addresses come from browsers, so they are foreign: the network policy decides.

A name is resolved once, and the connection goes to an address that was checked. Redirects are not followed, and the
time and the size of a response are limited.
"""

import asyncio
import ssl
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpcore
import httpx
from django.conf import settings

from myweb.network_policy import OutOfReach, Reach, check_address, parse_literal_address, resolve_host

TOTAL_TIMEOUT = 10.0  # seconds for a request, with all that it needs
CONNECT_TIMEOUT = 4.0  # seconds for each address of a name
MAX_RESPONSE = 4_096  # bytes that are read of a body
MAX_IDLE_CONNECTIONS, IDLE_SECONDS = 100, 30.0
MAX_ENDPOINT = 1_000  # characters
DEFAULT_PORTS = {"https": 443, "http": 80}


class InvalidEndpoint(ValueError):
    pass


class Endpoint(NamedTuple):
    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


class PushResponse(NamedTuple):
    """``status`` is 0 if none came; then ``problem`` says why."""

    status: int = 0
    problem: str = ""
    retry_after: str = ""
    is_blocked: bool = False  # the network policy forbids the address


def get_reach() -> Reach:
    return Reach.INSIDE if settings.PUSH_PRIVATE else Reach.OUTSIDE


def parse_endpoint(url: str) -> Endpoint:
    """Raises :class:`InvalidEndpoint`, also for an address that is out of reach."""
    if len(url) > MAX_ENDPOINT or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidEndpoint
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidEndpoint from None
    schemes = {"https", "http"} if settings.PUSH_PRIVATE else {"https"}
    if parts.scheme not in schemes or not host or "@" in parts.netloc or "\\" in url or "%" in host:
        raise InvalidEndpoint
    for address in parse_literal_address(host):
        try:
            check_address(address, get_reach())
        except OutOfReach:
            raise InvalidEndpoint from None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(parts.scheme, host, port or DEFAULT_PORTS[parts.scheme], target)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects only to addresses that the network policy allows."""

    def __init__(self) -> None:
        self.backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await resolve_host(host, port, get_reach())
        for address in addresses[:-1]:
            try:
                return await self.backend.connect_tcp(address, port, CONNECT_TIMEOUT)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self.backend.connect_tcp(addresses[-1], port, CONNECT_TIMEOUT)


@cache
def get_tls_context() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # takes 20 ms


class ConnectionReuse:
    """Keeps idle connections. The pool of httpcore looks at each of them several times for each request."""

    def __init__(self) -> None:
        self.idle: list[tuple[str, httpcore.AsyncHTTPConnection]] = []  # with their service, the last used at the end

    async def take(self, service: str, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        while place := self.find_newest(service):
            _service, connection = self.idle.pop(place)
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return httpcore.AsyncHTTPConnection(
            origin, ssl_context=get_tls_context(), keepalive_expiry=IDLE_SECONDS, network_backend=GuardedBackend()
        )

    def find_newest(self, service: str) -> int:
        """Counted from the end, so 0 is none."""
        return next((-number for number, each in enumerate(reversed(self.idle), 1) if each[0] == service), 0)

    async def give_back(self, service: str, connection: httpcore.AsyncHTTPConnection) -> None:
        """What is kept is decided before the ``await``: other requests take and give back meanwhile."""
        if connection.is_idle() and not connection.is_closed():
            self.idle.append((service, connection))
            if len(self.idle) <= MAX_IDLE_CONNECTIONS:
                return
            _service, connection = self.idle.pop(0)
        await connection.aclose()


class PushClient:
    """Its event loop runs in a thread of its own. Who calls it limits the requests at the same time."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.connections = ConnectionReuse()
        threading.Thread(target=self.loop.run_forever, name="push", daemon=True).start()

    def post(self, endpoint: str, headers: dict[str, str], body: bytes) -> "Future[PushResponse]":
        return asyncio.run_coroutine_threadsafe(self.send(endpoint, headers, body), self.loop)

    async def send(self, endpoint: str, headers: dict[str, str], body: bytes) -> PushResponse:
        try:
            async with asyncio.timeout(TOTAL_TIMEOUT):
                return await self.exchange(parse_endpoint(endpoint), headers, body)
        except (InvalidEndpoint, OutOfReach):
            return PushResponse(problem="blocked address", is_blocked=True)
        except TimeoutError:
            return PushResponse(problem=f"no response within {TOTAL_TIMEOUT:g} s")
        except Exception as error:  # of the network, of TLS, of HTTP
            return PushResponse(problem=" ".join(f"{type(error).__name__} {error}".split())[:150])

    async def exchange(self, endpoint: Endpoint, headers: dict[str, str], body: bytes) -> PushResponse:
        url = httpcore.URL(
            scheme=endpoint.scheme, host=endpoint.host, port=endpoint.port, target=endpoint.target.encode()
        )
        sent = {"Host": urlsplit(endpoint.origin).netloc, "Content-Length": str(len(body)), **headers}
        connection = await self.connections.take(endpoint.origin, url.origin)
        try:
            async with connection.stream("POST", url, headers=list(sent.items()), content=body) as response:
                size = 0
                async for chunk in response.aiter_stream():
                    size += len(chunk)
                    if size > MAX_RESPONSE:
                        break
        finally:
            await self.connections.give_back(endpoint.origin, connection)
        retry_after = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
        return PushResponse(response.status, retry_after=retry_after.decode("latin-1"))


@cache
def get_push_client() -> PushClient:
    return PushClient()
