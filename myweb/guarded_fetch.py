"""Reads one document of the web for a user: the URL is foreign, and so is every redirect.

A name is resolved once, all its addresses are checked, and the connection goes to one of them. Each redirect is
checked anew. Time, size and type are limited; no cookie, no referrer and no proxy of the environment is used.
"""

import asyncio
import re
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

import h11
import httpx

from myweb.http_content import decompress_body
from myweb.http_exchange import HttpAnswer, HttpExchange, get_tls_context, open_exchange
from myweb.network_policy import OutOfReach, Reach

REDIRECTS = {301, 302, 303, 307, 308}
MAX_REDIRECTS = 3
MAX_URL = 2_000  # characters
TOTAL_TIMEOUT = 5.0  # seconds for all requests together
PORTS = {80, 443, 8080, 8443}  # on the public internet
LOWEST_PORT = 1_024  # of a private network, besides PORTS
GRACE = 2.0  # seconds until a loop that answers late is given up
CONTROLS = re.compile(r"[\x00-\x20\x7f\\]")


class FetchFailed(Exception):
    """The text is for logs and tests."""


class FetchedDocument(NamedTuple):
    url: str  # the last one, after redirects
    content_type: str  # the header
    media_type: str  # of it, in lower case
    body: bytes
    is_truncated: bool


class FetchRules(NamedTuple):
    limits: Mapping[str, int]  # media type, or "image/*" -> bytes, before and after decompression
    reach: Reach
    user_agent: str
    wait_for_turn: Callable[[str], None] = lambda host: None  # called before each redirect; its time does not count

    @property
    def accept(self) -> str:
        return ", ".join(self.limits)

    def find_limit(self, media_type: str) -> int:
        """Raises :class:`FetchFailed` for a type that is not read."""
        limit = self.limits.get(media_type) or self.limits.get(f"{media_type.partition('/')[0]}/*")
        if not limit:
            raise FetchFailed(f"not read: {media_type or 'no type'}")
        return limit


def parse_fetch_url(text: str, reach: Reach = Reach.OUTSIDE) -> httpx.URL:
    """Raises :class:`FetchFailed`. The address is judged when the name is resolved."""
    if len(text) > MAX_URL or CONTROLS.search(text):
        raise FetchFailed("not a URL")
    try:
        url = httpx.URL(text)
        url.netloc.decode("ascii")
        port = get_port(url)
    except (httpx.InvalidURL, ValueError):
        raise FetchFailed("not a URL") from None
    if url.scheme not in {"http", "https"} or not url.host.strip("."):
        raise FetchFailed("not a URL of the web")
    if url.userinfo or "@" in text.partition("://")[2].partition("/")[0]:
        raise FetchFailed("a URL with a user")
    if port not in PORTS and (reach is Reach.OUTSIDE or port < LOWEST_PORT):
        raise FetchFailed(f"port {port}")
    return url


def get_port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def fetch_document(text: str, rules: FetchRules) -> FetchedDocument:
    """Raises :class:`FetchFailed`. Blocks its thread, for at most TOTAL_TIMEOUT and the turns it waits for."""
    url, left = parse_fetch_url(text, rules.reach), TOTAL_TIMEOUT
    for number in range(MAX_REDIRECTS + 1):
        if number:
            rules.wait_for_turn(url.host)
        started = time.monotonic()
        answer = run_in_loop(url, rules, left)
        left -= time.monotonic() - started
        if isinstance(answer, FetchedDocument):
            return answer
        url = answer
    raise FetchFailed("too many redirects")


def run_in_loop(url: httpx.URL, rules: FetchRules, timeout: float) -> FetchedDocument | httpx.URL:
    future = asyncio.run_coroutine_threadsafe(request_document(url, rules, timeout), get_loop())
    try:
        return future.result(max(timeout, 0.0) + GRACE)
    except OutOfReach:
        raise FetchFailed("an address that is not allowed") from None
    except TimeoutError:
        future.cancel()
        raise FetchFailed("no answer in time") from None
    except (OSError, h11.ProtocolError, httpx.InvalidURL, ValueError) as error:  # also of TLS and of names
        raise FetchFailed(f"{type(error).__name__} {error}"[:200]) from error


@cache
def get_loop() -> asyncio.AbstractEventLoop:
    """In a thread of its own: a loop for each request would wait at its end for names that resolve slowly."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="fetch", daemon=True).start()
    return loop


async def request_document(url: httpx.URL, rules: FetchRules, timeout: float) -> FetchedDocument | httpx.URL:
    """One request; the URL of a redirect."""
    async with asyncio.timeout(timeout):
        tls = await get_tls_context(url, verify=True)
        exchange = await open_exchange(
            build_fetch_request(url, rules),
            (url.raw_host.decode("ascii"), get_port(url)),
            tls=tls,
            reach=rules.reach,
            name=url.raw_host.decode("ascii").rstrip("."),
        )
        try:
            return await read_answer(url, rules, exchange)
        finally:
            await exchange.close()


def build_fetch_request(url: httpx.URL, rules: FetchRules) -> h11.Request:
    headers = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": rules.user_agent,
        "Accept": rules.accept,
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }
    return h11.Request(method="GET", target=url.raw_path, headers=list(headers.items()))


async def read_answer(url: httpx.URL, rules: FetchRules, exchange: HttpExchange) -> FetchedDocument | httpx.URL:
    answer = exchange.answer
    location = answer.header("location") if answer.status in REDIRECTS else ""
    if location:
        return resolve_location(url, location, rules.reach)
    if answer.status != 200:
        raise FetchFailed(f"HTTP {answer.status}")
    content_type = answer.header("content-type")
    media_type = content_type.partition(";")[0].strip().lower()
    limit = rules.find_limit(media_type)
    await exchange.read_body(limit)
    body, is_truncated = await asyncio.to_thread(unpack, answer, limit)
    return FetchedDocument(str(url), content_type, media_type, body, is_truncated)


def unpack(answer: HttpAnswer, limit: int) -> tuple[bytes, bool]:
    content = decompress_body(
        answer.body,
        ",".join(answer.header_list("content-encoding")),
        limit,
        truncated=answer.truncated or answer.broken,
    )
    if content.problem:
        raise FetchFailed("a body that can't be decompressed")
    return content.data, content.truncated


def resolve_location(url: httpx.URL, location: str, reach: Reach) -> httpx.URL:
    try:
        joined = str(url.join(location.strip()))
    except (httpx.InvalidURL, ValueError):
        raise FetchFailed("a redirect to no URL") from None
    return parse_fetch_url(joined, reach)
