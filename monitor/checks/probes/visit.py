"""The way of an HTTP request: redirects, connections, and where the time went."""

import asyncio
import ssl
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import httpcore
import httpx
from django.utils.translation import gettext as _

from monitor.checks import words
from monitor.checks.probes.probe import Result, require
from monitor.checks.probes.tcp import HURRY
from monitor.checks.reach import Reach, resolve

if TYPE_CHECKING:
    from monitor.checks.probes.http import Http

REDIRECTS = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 5
HEADERS = [("User-Agent", "myweb"), ("Accept", "*/*"), ("Accept-Encoding", "identity")]
STEPS = {"connection.connect_tcp": "connect", "connection.start_tls": "tls", "http11.receive_response_headers": "wait"}


async def visit(http: "Http", reach: Reach) -> Result:
    try:
        return await follow(http, reach)
    except httpcore.TimeoutException:
        raise TimeoutError from None
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        return Result(False, words.trouble(error))


async def follow(http: "Http", reach: Reach) -> Result:
    begun = time.perf_counter()
    times: dict[str, float] = {}
    async with pool(http.verify, reach, times) as connections:
        url, method, visits = address(http.target), http.method, 0
        while True:
            response, body = await once(connections, method, url, http.max_bytes, times)
            if not (http.follow and response.status in REDIRECTS and header(response, b"location")):
                break
            visits += 1
            if visits > MOST_REDIRECTS:
                return Result(False, _("It redirects more than 5 times."))
            url = address(str(url.join(header(response, b"location"))))
            method = "GET" if method == "POST" and response.status in {301, 302, 303} else method
    times |= {"total": time.perf_counter() - begun, "status": response.status, "bytes": len(body)}
    times.pop("wait", None)
    said = http.wrong(response.status, body)
    fine = _("HTTP %(status)d in %(time)s.") % {"status": response.status, "time": words.took(times["total"])}
    return Result(not said, said or fine, times["total"], times)


async def once(
    connections: httpcore.AsyncConnectionPool, method: str, url: httpx.URL, most: int, times: dict[str, float]
) -> tuple[httpcore.Response, bytes]:
    asked = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    headers = [*HEADERS, ("Host", url.netloc.decode("ascii"))]
    begun, body = time.perf_counter(), bytearray()
    async with connections.stream(method, asked, headers=headers, extensions={"trace": clock(times)}) as response:
        times["first_byte"] = times.get("first_byte", 0.0) + time.perf_counter() - begun
        async for part in response.aiter_stream():
            body += part
            if len(body) >= most:
                break
    return response, bytes(body[:most])


def address(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError):
        url = httpx.URL()
    require(url.scheme in {"http", "https"} and url.host, _("Write the address in full: https://example.com/health."))
    require(not url.userinfo, _("Put no password into the address: others can read it."))
    return url


def header(response: httpcore.Response, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), "")


def clock(times: dict[str, float]) -> Any:
    """Adds up how long each step took; after a redirect some come again."""
    begun: dict[str, float] = {}

    async def trace(event: str, info: dict[str, Any]) -> None:
        step, _dot, moment = event.rpartition(".")
        if step in STEPS and moment == "started":
            begun[step] = time.perf_counter()
        elif step in STEPS and moment == "complete":
            spent = time.perf_counter() - begun[step]
            times[STEPS[step]] = times.get(STEPS[step], 0.0) + spent

    return trace


def pool(verify: bool, reach: Reach, times: dict[str, float]) -> httpcore.AsyncConnectionPool:
    tls = ssl.create_default_context()
    if not verify:
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return httpcore.AsyncConnectionPool(ssl_context=tls, network_backend=Guarded(reach, times), max_connections=6)


class Guarded(httpcore.AsyncNetworkBackend):
    """Connects to the very address that was looked at, whatever the name says the next time."""

    def __init__(self, reach: Reach, times: dict[str, float]) -> None:
        self.inner = httpcore.AnyIOBackend()
        self.reach, self.times = reach, times

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        begun = time.perf_counter()
        addresses = await resolve(host, port, self.reach)
        self.times["dns"] = self.times.get("dns", 0.0) + time.perf_counter() - begun
        for each in addresses[:-1]:
            try:
                return await self.inner.connect_tcp(each, port, HURRY, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self.inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(self, *args: Any, **more: Any) -> httpcore.AsyncNetworkStream:
        raise NotImplementedError

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
