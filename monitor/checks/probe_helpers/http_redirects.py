"""Sends HTTP requests, follows their redirects with cookies, and measures durations."""

import asyncio
import time
from functools import lru_cache
from typing import TYPE_CHECKING

import h11
import httpx

from monitor.checks import result_text
from monitor.checks.probes.probe import Result, require_valid
from myweb.errors import Refused
from myweb.http_exchange import HttpAnswer, build_request, get_tls_context, send_http_request
from myweb.network_policy import Reach
from myweb.stored_text import Duration, join_texts
from myweb.stored_text import stored_gettext as _

if TYPE_CHECKING:
    from monitor.checks.probes.http import HttpProbe

REDIRECTS = {301, 302, 303, 307, 308}
MAX_REDIRECTS = 5
MAX_COOKIES = 50  # of one response
MAX_COOKIE_HEADER = 8_000  # characters of the Cookie header
INLINE_BYTES = 65_536  # a thread inspects larger bodies, so that other checks are measured in time
CACHED_TARGETS = 4096  # checks whose requests are cached


class BadRedirect(ValueError):
    """The message is one sentence for the user."""


async def request_url(http: "HttpProbe", reach: Reach) -> Result:
    try:
        return await follow_redirects(http, reach)
    except BadRedirect as error:
        return Result(False, error.args[0])
    except h11.RemoteProtocolError as error:
        return Result(False, _("The response is not HTTP: %(trouble)s.") % {"trouble": str(error).rstrip(".")})


async def follow_redirects(http: "HttpProbe", reach: Reach) -> Result:
    times: dict[str, float] = {}
    (url, request), method, redirects, spent = build_first_request(http.method, http.target), http.method, 0, 0.0
    cookies = httpx.Cookies()
    while True:
        tls = await get_tls_context(url, http.verify)
        started = time.perf_counter()
        exchange = await send_http_request(request, url, tls=tls, reach=reach, times=times)
        try:
            answer = exchange.answer
            location = answer.header("location") if http.follow and answer.status in REDIRECTS else ""
            if not location:
                answer = await exchange.read_body(http.max_bytes)
            spent += time.perf_counter() - started
        finally:
            await exchange.close()
        if not location:
            return await evaluate_answer(http, answer, times, spent)
        redirects += 1
        if redirects > MAX_REDIRECTS:
            raise BadRedirect(_("More than 5 redirects."))
        store_cookies(cookies, answer, url)
        url = resolve_redirect(url, location)
        method = "GET" if method == "POST" and answer.status in {301, 302, 303} else method
        request = build_request(method, url, build_cookie_headers(cookies, url))


async def evaluate_answer(http: "HttpProbe", answer: HttpAnswer, times: dict[str, float], spent: float) -> Result:
    if len(answer.body) > INLINE_BYTES or answer.header("content-encoding"):
        content, problem = await asyncio.to_thread(http.inspect, answer)
    else:
        content, problem = http.inspect(answer)
    times |= {"total": spent, "status": answer.status, "bytes": len(content.data)}
    sentence = _("HTTP %(status)d in %(time)s.") % {"status": answer.status, "time": Duration(spent)}
    if content.truncated:
        sentence = join_texts(sentence, _("Only its first %(count)d bytes were read.") % {"count": len(content.data)})
    return Result(not problem, problem or sentence, spent, times)


def parse_url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
        url.netloc.decode("ascii")
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL()
    require_valid(url.scheme in {"http", "https"} and url.host, _("Enter the full URL: https://example.com/health."))
    require_valid(not url.userinfo, _("Don't put a password into the URL: others can read it."))
    return url


@lru_cache(CACHED_TARGETS)
def build_first_request(method: str, target: str) -> tuple[httpx.URL, h11.Request]:
    """Caches the requests of checks, which repeat. Redirects are not cached."""
    url = parse_url(target)
    return url, build_request(method, url)


def resolve_redirect(url: httpx.URL, location: str) -> httpx.URL:
    """Resolves ``location`` as browsers do: relative, with spaces, in any script."""
    try:
        return parse_url(str(url.join(location.strip())))
    except (httpx.InvalidURL, ValueError, Refused):
        shown_location = result_text.make_printable(location)[:100]
        raise BadRedirect(_("The redirect to “%(place)s” can't be followed.") % {"place": shown_location}) from None


def store_cookies(cookies: httpx.Cookies, answer: HttpAnswer, url: httpx.URL) -> None:
    set_cookies = answer.header_list("set-cookie")[:MAX_COOKIES]
    if set_cookies:
        headers = [("Set-Cookie", text) for text in set_cookies]
        cookies.extract_cookies(httpx.Response(answer.status, headers=headers, request=httpx.Request("GET", url)))


def build_cookie_headers(cookies: httpx.Cookies, url: httpx.URL) -> list[tuple[str, str]]:
    """Returns the cookies for the host and path of ``url``."""
    request = httpx.Request("GET", url)
    cookies.set_cookie_header(request)
    text = request.headers.get("cookie", "")
    return [("Cookie", text)] if text and len(text) <= MAX_COOKIE_HEADER and text.isascii() else []
