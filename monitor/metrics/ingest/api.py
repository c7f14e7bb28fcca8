"""What programs call: ``/api/push/`` and ``/api/beat/``. No session, no form; a token is all they have.

The token may stand in the path, since that is easiest to type; better is a header, which no log along the way writes.
"""

import logging
from base64 import b64decode
from collections.abc import Callable
from functools import wraps
from math import ceil
from time import monotonic, time
from typing import Any

import redis
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseTrouble
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from monitor.metrics import tokens
from monitor.metrics.ingest import heartbeats
from monitor.metrics.ingest import push as pushes
from monitor.metrics.ingest.compression import BadGzip, TooLarge, UnknownEncoding, decompress
from monitor.metrics.ingest.formats import Parsed, parse
from monitor.metrics.models import Beat, Pushed
from myweb.numbers import parse_number
from myweb.post_limits import get_sender
from realtime import limits
from realtime.protocol import encode

logger = logging.getLogger(__name__)

LONGEST = 256 * 1024  # bytes of a body that is understood, as it comes
INFLATED = 4 * LONGEST  # and of one that came compressed
READ_AT_ONCE = 64 * 1024  # bytes
READING = 20.0  # seconds for the log of a job; its heartbeat counts all the same
UNKNOWN = "Unknown token. It may have been renewed or revoked."

View = Callable[..., HttpResponse]


class Turned(Exception):
    """A call that is not answered with what it asked for, but with this status and sentence."""

    def __init__(self, status: int, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status, self.headers = status, headers


def machine(*methods: str) -> Callable[[View], View]:
    """A view for programs. What it answers is logged by nobody: its path may hold a token."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: str) -> HttpResponse:
            response = HttpResponseNotAllowed(methods) if request.method not in methods else tried(view, request, *args)
            response["Cache-Control"] = "no-store"
            response._has_been_logged = True  # type: ignore[attr-defined] # Django would write the path of a 4xx
            return response

        answer.limits_itself = True  # type: ignore[attr-defined] # see myweb/post_limits.py
        return login_not_required(csrf_exempt(answer))

    return decorate


def tried(view: View, request: HttpRequest, *args: str) -> HttpResponse:
    try:
        return view(request, *args)
    except Turned as turned:
        return said(turned.status, str(turned), **turned.headers)
    except (redis.RedisError, DatabaseTrouble) as trouble:
        logger.warning("Pushed values could not be stored: %s", trouble)
        return said(503, "The values can't be stored at the moment. Try again soon.", Retry_After="5")


def said(status: int, text: str, **headers: str) -> HttpResponse:
    response = HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


def credentials(request: HttpRequest, path: list[str]) -> tuple[str, list[str]]:
    """The token, and what of the path is left."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip(), path
    if scheme.lower() == "basic":
        return basic_password(token), path
    return (path[0], path[1:]) if path else ("", [])


def basic_password(encoded: str) -> str:
    """Whatever the user is called."""
    try:
        return b64decode(encoded).decode().partition(":")[2]
    except ValueError:
        return ""


def unknown(request: HttpRequest) -> Turned:
    """Who tries tokens is slowed down by address, as every stranger is."""
    wait = limits.post_buckets().take(get_sender(request))
    return too_fast(wait) if wait else Turned(401, UNKNOWN, WWW_Authenticate="Bearer")


def too_fast(wait: float) -> Turned:
    return Turned(429, f"Rate limit reached. Try again in {ceil(wait)} s.", Retry_After=str(max(1, ceil(wait))))


def slow_down(token: str) -> None:
    wait = pushes.buckets().take(tokens.digest(token))
    if wait:
        raise too_fast(wait)


def body(request: HttpRequest) -> bytes:
    length = parse_number(request.META.get("CONTENT_LENGTH") or "0")
    if length is None or length > LONGEST:
        raise Turned(413, f"The body is larger than {LONGEST // 1024} KB.")
    try:
        found = request.body
    except (RequestDataTooBig, UnreadablePostError):
        raise Turned(400, "The body is incomplete.") from None
    if len(found) > LONGEST:
        raise Turned(413, f"The body is larger than {LONGEST // 1024} KB.")
    return inflated(found, request.headers.get("Content-Encoding", ""))


def inflated(sent: bytes, encoding: str) -> bytes:
    try:
        return decompress(sent, encoding, INFLATED)
    except UnknownEncoding:
        raise Turned(415, "The only supported Content-Encoding is gzip.", Accept_Encoding="gzip") from None
    except TooLarge:
        raise Turned(413, f"Decompressed, the body is larger than {INFLATED // 1024} KB.") from None
    except BadGzip:
        raise Turned(400, "The body is not valid gzip.") from None


def pushed_by(token: str, request: HttpRequest) -> Pushed:
    """The source that the token belongs to, if it may send now."""
    pushed = Pushed.objects.filter(digest=tokens.digest(token), revoked_at=None).first()
    if pushed is None:
        raise unknown(request)
    slow_down(token)
    return pushed


def take_samples(pushed: Pushed, parsed: Parsed) -> HttpResponse:
    """400 if nothing of it was taken; if a part was, the answer says which was not."""
    outcome = pushes.take(pushed, parsed, time())
    status = 400 if outcome.refused and not outcome.accepted else 200
    return HttpResponse(encode(outcome) + b"\n", content_type="application/json", status=status)


@machine("POST", "PUT")
def push(request: HttpRequest, *path: Any) -> HttpResponse:
    token, rest = credentials(request, [part for part in path if part])
    pushed = pushed_by(token, request)
    charset = (request.content_params or {}).get("charset", "")
    return take_samples(pushed, parse(body(request), rest[0] if rest else "", charset))


@machine("GET", "HEAD", "POST", "PUT")
def beat(request: HttpRequest, *path: Any) -> HttpResponse:
    """A ``GET`` changes something here, so that every program that can fetch an address can say that it ran."""
    token, rest = credentials(request, [part for part in path if part])
    beat_id = Beat.objects.filter(digest=tokens.digest(token)).values_list("pk", flat=True).first()
    if beat_id is None:
        raise unknown(request)
    slow_down(token)
    what = rest[0] if rest else ""
    if what not in {"", heartbeats.START, heartbeats.FAIL} and not (
        what.isascii() and what.isdigit() and int(what) <= 255
    ):
        raise Turned(404, "After the token, use nothing, start, fail, or an exit status from 0 to 255.")
    now = timezone.now()  # reading a long log may take its time
    heartbeats.ping(beat_id, what, end_of_body(request, heartbeats.OUTPUT + 1), now)
    return said(200, "ok")


def end_of_body(request: HttpRequest, most: int) -> bytes:
    """The last bytes of a body of any size; nothing if it is compressed. What breaks off counts as far as it came."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        return b""
    end, until = b"", monotonic() + READING
    try:
        while (piece := request.read(READ_AT_ONCE)) and monotonic() < until:
            end = (end + piece)[-most:]
    except (UnreadablePostError, RequestDataTooBig):
        pass
    return end
