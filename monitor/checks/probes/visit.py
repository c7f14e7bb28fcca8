"""The way of an HTTP request: redirects, the cookies that they set, and where the time went."""

import asyncio
import time
from functools import lru_cache
from typing import TYPE_CHECKING

import h11
import httpx

from monitor.checks import text as words
from monitor.checks.probes.exchange import Answer, build_request, context_for, send_request
from monitor.checks.probes.probe import Result, require
from myweb.errors import Refused
from myweb.network_policy import Reach
from myweb.stored_text import Duration, join_texts
from myweb.stored_text import stored_gettext as _

if TYPE_CHECKING:
    from monitor.checks.probes.http import Http

REDIRECTS = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 5
MOST_COOKIES = 50  # that one answer may set
LONGEST_COOKIES = 8_000  # characters that are sent back
LARGE = 65_536  # bytes; a body of more is looked at in a thread, so that no other check is measured late
TARGETS = 4096  # of checks, whose requests are remembered


class BadRedirect(ValueError):
    """The text is one sentence for a user."""


async def visit(http: "Http", reach: Reach) -> Result:
    try:
        return await follow(http, reach)
    except BadRedirect as error:
        return Result(False, error.args[0])
    except h11.RemoteProtocolError as error:
        return Result(False, _("The response is not HTTP: %(trouble)s.") % {"trouble": str(error).rstrip(".")})


async def follow(http: "Http", reach: Reach) -> Result:
    times: dict[str, float] = {}
    (url, request), method, redirects, spent = first_request(http.method, http.target), http.method, 0, 0.0
    cookies = httpx.Cookies()
    while True:
        tls = await context_for(url, http.verify)
        begun = time.perf_counter()
        exchange = await send_request(request, url, tls=tls, reach=reach, times=times)
        try:
            answer = exchange.answer
            location = answer.header("location") if http.follow and answer.status in REDIRECTS else ""
            if not location:
                answer = await exchange.read_body(http.max_bytes)
            spent += time.perf_counter() - begun
        finally:
            await exchange.close()
        if not location:
            return await judged(http, answer, times, spent)
        redirects += 1
        if redirects > MOST_REDIRECTS:
            raise BadRedirect(_("More than 5 redirects."))
        keep_cookies(cookies, answer, url)
        url = redirect_target(url, location)
        method = "GET" if method == "POST" and answer.status in {301, 302, 303} else method
        request = build_request(method, url, cookie_headers(cookies, url))


async def judged(http: "Http", answer: Answer, times: dict[str, float], spent: float) -> Result:
    if len(answer.body) > LARGE or answer.header("content-encoding"):
        content, wrong = await asyncio.to_thread(http.inspect, answer)
    else:
        content, wrong = http.inspect(answer)
    times |= {"total": spent, "status": answer.status, "bytes": len(content.data)}
    fine = _("HTTP %(status)d in %(time)s.") % {"status": answer.status, "time": Duration(spent)}
    if content.cut:
        fine = join_texts(fine, _("Only its first %(count)d bytes were read.") % {"count": len(content.data)})
    return Result(not wrong, wrong or fine, spent, times)


def address(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
        url.netloc.decode("ascii")
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL()
    require(url.scheme in {"http", "https"} and url.host, _("Enter the full URL: https://example.com/health."))
    require(not url.userinfo, _("Don't put a password into the URL: others can read it."))
    return url


@lru_cache(TARGETS)
def first_request(method: str, target: str) -> tuple[httpx.URL, h11.Request]:
    """Of a check, which repeats it. What servers redirect to has no place in the cache."""
    url = address(target)
    return url, build_request(method, url)


def redirect_target(url: httpx.URL, location: str) -> httpx.URL:
    """``location`` as browsers take it: relative, with spaces, in any script."""
    try:
        return address(str(url.join(location.strip())))
    except (httpx.InvalidURL, ValueError, Refused):
        place = words.printable(location)[:100]
        raise BadRedirect(_("The redirect to “%(place)s” can't be followed.") % {"place": place}) from None


def keep_cookies(cookies: httpx.Cookies, answer: Answer, url: httpx.URL) -> None:
    set_cookies = answer.header_list("set-cookie")[:MOST_COOKIES]
    if set_cookies:
        headers = [("Set-Cookie", text) for text in set_cookies]
        cookies.extract_cookies(httpx.Response(answer.status, headers=headers, request=httpx.Request("GET", url)))


def cookie_headers(cookies: httpx.Cookies, url: httpx.URL) -> list[tuple[str, str]]:
    """Those that the host and path of ``url`` may have."""
    request = httpx.Request("GET", url)
    cookies.set_cookie_header(request)
    text = request.headers.get("cookie", "")
    return [("Cookie", text)] if text and len(text) <= LONGEST_COOKIES and text.isascii() else []
