"""Pages for requests that fail: none is blank, each has a way on, and each gives back what was typed."""

import logging
import sys
from collections.abc import Callable
from contextlib import suppress

import redis
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.translation import gettext

from myweb import form_resubmission
from myweb.errors import Refused
from myweb.failure_log import FailureLog
from myweb.http import json_error_response

RETRY_SECONDS = 5
UNDEFINED_TABLE = "42P01"  # of PostgreSQL
DATABASE, REDIS = "A page that needs the database", "A page that needs Redis"
UNREADABLE = (BadRequest, MultiPartParserError, SuspiciousOperation, UnreadablePostError)

failures = FailureLog(logging.getLogger(__name__))


class UnavailableFilter(logging.Filter):
    """While a store is away each request would log a traceback. Now one line begins, one a minute follows, one ends."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", None) != 503:
            return True
        error = record.exc_info[1] if record.exc_info else None
        failures.record_failure(
            REDIS if isinstance(error, redis.RedisError) else DATABASE, error or record.getMessage()
        )
        return False


class RecoveryMiddleware:
    """Logs that the database is back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if failures.failing and response.status_code < 500 and connection.connection is not None:
            failures.record_success(DATABASE)
        return response


class MethodNotAllowedMiddleware:
    """Django answers 405 without a page. Browsers get one; scripts and API clients keep Django's answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        return render_method_not_allowed(request, response) if is_blank_405(request, response) else response


def is_blank_405(request: HttpRequest, response: HttpResponse) -> bool:
    return response.status_code == 405 and not response.content and wants_page(request)


def wants_page(request: HttpRequest) -> bool:
    """A browser that shows the response as a page."""
    return request.method != "HEAD" and "text/html" in request.headers.get("Accept", "")


def render_method_not_allowed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    readable = "GET" in response["Allow"]
    context = {"way_on": request.path if readable else find_page_above(request.path), "words": read_words(request)}
    page = render(request, "405.html", context, status=405)
    page["Allow"] = response["Allow"]
    return page


def find_page_above(path: str) -> str:
    """The nearest address above that exists: ``/rooms/1/`` for ``/rooms/1/members/``."""
    while path := path.rstrip("/").rpartition("/")[0]:
        with suppress(Resolver404):
            resolve(f"{path}/")
            return f"{path}/"
    return "/"


def read_words(request: HttpRequest) -> list[str]:
    """What a form of this site sent, if it can be read at all."""
    with suppress(*UNREADABLE):
        if form_resubmission.is_same_origin(request):
            return form_resubmission.get_typed_texts(request)
    return []


def show_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Without the database too: Django also calls it for a host that is not the site's."""
    return HttpResponse(render_to_string("400.html"), status=400)


def show_forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", {"reason": str(exception), "words": read_words(request)}, status=403)


def show_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", {"words": read_words(request)}, status=404)


def show_server_error(request: HttpRequest) -> HttpResponse:
    """Needs neither the database nor the user, which may be what failed."""
    error = sys.exception()
    if is_store_unavailable(error) or is_table_missing(error):
        return show_unavailable(request, has_tables=not is_table_missing(error))
    return HttpResponse(render_to_string("500.html", {"words": read_words(request)}), status=500)


def is_store_unavailable(error: BaseException | None) -> bool:
    """Whether a store is away or busy, so that the same request may succeed later. A missing table is no such error."""
    if isinstance(error, OperationalError):
        return "no such" not in str(error)
    return isinstance(error, InterfaceError | redis.ConnectionError | redis.TimeoutError)


def is_table_missing(error: BaseException | None) -> bool:
    """Whether the database was never migrated."""
    if isinstance(error, ProgrammingError):
        return getattr(error.__cause__, "sqlstate", "") == UNDEFINED_TABLE
    return isinstance(error, OperationalError) and "no such table" in str(error)


def show_unavailable(request: HttpRequest, *, has_tables: bool = True) -> HttpResponse:
    """503: a page that tries again by itself, or JSON."""
    if wants_page(request):
        retries = request.method == "GET" and RETRY_SECONDS
        context = {"words": read_words(request), "retries": retries, "has_tables": has_tables}
        response = HttpResponse(render_to_string("503.html", context), status=503)
    else:
        text = gettext("The site does not reach its database. Try again in a moment.")
        if not has_tables:
            text = gettext("The database of this site has no tables yet. manage.py migrate creates them.")
        response = json_error_response(Refused("unavailable", text, retry=True), 503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response
