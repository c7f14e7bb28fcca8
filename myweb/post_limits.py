"""The rate limit of requests that change something. The rate is POSTS_PER_SECOND of the settings."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from myweb.formats import format_wait
from myweb.too_many_requests import get_client_network, render_too_many_requests
from realtime import rate_limits

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


class PostLimitMiddleware:
    """Users are limited per account, others per address. Views with ``limits_itself`` are skipped."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_arguments: Any) -> HttpResponse | None:
        if request.method in SAFE_METHODS or getattr(view, "limits_itself", False):
            return None
        wait = rate_limits.post_buckets().take(get_sender(request), rate_limits.post_cost(get_body_size(request)))
        if not wait:
            return None
        return render_too_many_requests(
            request, wait, _("Rate limit reached. Try again in %(time)s.") % {"time": format_wait(wait)}
        )


def get_body_size(request: HttpRequest) -> int:
    """The Content-Length; the server reads no more than that."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def get_sender(request: HttpRequest) -> str:
    if request.user.is_authenticated:
        return f"user.{request.user.pk}"
    return f"address.{get_client_network(request.META.get('REMOTE_ADDR', ''))}"
