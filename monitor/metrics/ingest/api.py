"""The API for programs: ``/api/push/`` and ``/api/beat/``. It has no session and no form; a token authenticates.

The token may stand in the path, which is easiest to type. A header is safer, since access logs do not contain it.
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

from monitor.metrics.ingest import heartbeats
from monitor.metrics.ingest import push as pushes
from monitor.metrics.ingest.compression import BadGzip, TooLarge, UnknownEncoding, decompress_limited
from monitor.metrics.ingest.formats import Parsed, parse_pushed_values
from monitor.metrics.models import Beat, Pushed
from myweb import tokens
from myweb.failure_log import FailureLog
from myweb.numbers import parse_number
from myweb.post_limits import get_sender
from realtime import rate_limits
from realtime.protocol import encode

failures = FailureLog(logging.getLogger(__name__))

MAX_BODY = 256 * 1024  # bytes of a body as received
MAX_DECOMPRESSED = 4 * MAX_BODY  # bytes of a body after decompression
CHUNK_SIZE = 64 * 1024  # bytes
READ_TIMEOUT = 20.0  # seconds for the output of a job; its heartbeat counts anyway
UNKNOWN = "Unknown token. It may have been renewed or revoked."

View = Callable[..., HttpResponse]


class ApiError(Exception):
    """An error response of the API: a status and one sentence."""

    def __init__(self, status: int, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status, self.headers = status, headers


def api_view(*methods: str) -> Callable[[View], View]:
    """Decorate a view for programs. Django does not log its responses, since the path may contain a token."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: str) -> HttpResponse:
            response = (
                HttpResponseNotAllowed(methods) if request.method not in methods else run_api_view(view, request, *args)
            )
            response["Cache-Control"] = "no-store"
            response._has_been_logged = True  # type: ignore[attr-defined] # Django would write the path of a 4xx
            return response

        answer.limits_itself = True  # type: ignore[attr-defined] # see myweb/post_limits.py
        return login_not_required(csrf_exempt(answer))

    return decorate


def run_api_view(view: View, request: HttpRequest, *args: str) -> HttpResponse:
    try:
        response = view(request, *args)
    except ApiError as error:
        return plain_response(error.status, str(error), **error.headers)
    except (redis.RedisError, DatabaseTrouble) as error:
        failures.record_failure("Storing pushed values", error)
        return plain_response(503, "The values can't be stored at the moment. Try again soon.", Retry_After="5")
    failures.record_success("Storing pushed values")
    return response


def plain_response(status: int, text: str, **headers: str) -> HttpResponse:
    response = HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


def get_credentials(request: HttpRequest, path: list[str]) -> tuple[str, list[str]]:
    """Return the token and the rest of the path."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip(), path
    if scheme.lower() == "basic":
        return decode_basic_password(token), path
    return (path[0], path[1:]) if path else ("", [])


def decode_basic_password(encoded: str) -> str:
    """Return the password; the user name is ignored."""
    try:
        return b64decode(encoded).decode().partition(":")[2]
    except ValueError:
        return ""


def unknown_token_error(request: HttpRequest) -> ApiError:
    """Limit attempts by address, as for every anonymous client."""
    wait = rate_limits.post_buckets().take(get_sender(request))
    return rate_limit_error(wait) if wait else ApiError(401, UNKNOWN, WWW_Authenticate="Bearer")


def rate_limit_error(wait: float) -> ApiError:
    return ApiError(429, f"Rate limit reached. Try again in {ceil(wait)} s.", Retry_After=str(max(1, ceil(wait))))


def check_token_rate(token: str) -> None:
    wait = pushes.get_push_buckets().take(tokens.hash_token(token))
    if wait:
        raise rate_limit_error(wait)


def read_push_body(request: HttpRequest) -> bytes:
    length = parse_number(request.META.get("CONTENT_LENGTH") or "0")
    if length is None or length > MAX_BODY:
        raise ApiError(413, f"The body is larger than {MAX_BODY // 1024} KB.")
    try:
        content = request.body
    except (RequestDataTooBig, UnreadablePostError):
        raise ApiError(400, "The body is incomplete.") from None
    if len(content) > MAX_BODY:
        raise ApiError(413, f"The body is larger than {MAX_BODY // 1024} KB.")
    return decompress_request_body(content, request.headers.get("Content-Encoding", ""))


def decompress_request_body(content: bytes, encoding: str) -> bytes:
    try:
        return decompress_limited(content, encoding, MAX_DECOMPRESSED)
    except UnknownEncoding:
        raise ApiError(415, "The only supported Content-Encoding is gzip.", Accept_Encoding="gzip") from None
    except TooLarge:
        raise ApiError(413, f"Decompressed, the body is larger than {MAX_DECOMPRESSED // 1024} KB.") from None
    except BadGzip:
        raise ApiError(400, "The body is not valid gzip.") from None


def get_pushed_by_token(token: str, request: HttpRequest) -> Pushed:
    """Return the source of the token, if it may push now."""
    pushed = Pushed.objects.filter(digest=tokens.hash_token(token), revoked_at=None).first()
    if pushed is None:
        raise unknown_token_error(request)
    check_token_rate(token)
    return pushed


def store_samples(pushed: Pushed, parsed: Parsed) -> HttpResponse:
    """Respond 400 if nothing was accepted. After a partial push, the response lists what was refused."""
    result = pushes.store_push(pushed, parsed, time())
    status = 400 if result.refused and not result.accepted else 200
    return HttpResponse(encode(result) + b"\n", content_type="application/json", status=status)


@api_view("POST", "PUT")
def receive_push(request: HttpRequest, *path: Any) -> HttpResponse:
    token, rest = get_credentials(request, [part for part in path if part])
    pushed = get_pushed_by_token(token, request)
    charset = (request.content_params or {}).get("charset", "")
    return store_samples(pushed, parse_pushed_values(read_push_body(request), rest[0] if rest else "", charset))


@api_view("GET", "HEAD", "POST", "PUT")
def receive_heartbeat(request: HttpRequest, *path: Any) -> HttpResponse:
    """Record a heartbeat. ``GET`` is allowed, so that any program that can fetch a URL can report a run."""
    token, rest = get_credentials(request, [part for part in path if part])
    beat_id = Beat.objects.filter(digest=tokens.hash_token(token)).values_list("pk", flat=True).first()
    if beat_id is None:
        raise unknown_token_error(request)
    check_token_rate(token)
    event = rest[0] if rest else ""
    if event not in {"", heartbeats.START, heartbeats.FAIL} and not (
        event.isascii() and event.isdigit() and int(event) <= 255
    ):
        raise ApiError(404, "After the token, use nothing, start, fail, or an exit status from 0 to 255.")
    now = timezone.now()  # reading a long output may take time
    heartbeats.record_ping(beat_id, event, read_body_end(request, heartbeats.MAX_OUTPUT + 1), now)
    return plain_response(200, "ok")


def read_body_end(request: HttpRequest, size: int) -> bytes:
    """Return the last bytes of a body, or nothing if it is compressed. An aborted body counts up to its end."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        return b""
    end, deadline = b"", monotonic() + READ_TIMEOUT
    try:
        while (chunk := request.read(CHUNK_SIZE)) and monotonic() < deadline:
            end = (end + chunk)[-size:]
    except (UnreadablePostError, RequestDataTooBig):
        pass
    return end
