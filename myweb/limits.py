"""How fast pages may be sent something, and the answer to who is faster."""

from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from myweb import forms_again
from myweb.formats import format_wait
from realtime import limits
from realtime.protocol import encode

READING = {"GET", "HEAD", "OPTIONS", "TRACE"}


class PostLimit:
    """A person is limited wherever they are, a stranger by their address. A view may say ``limits_itself``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_arguments: Any) -> HttpResponse | None:
        if request.method in READING or getattr(view, "limits_itself", False):
            return None
        wait = limits.post_buckets().take(sender(request), limits.post_cost(body_size(request)))
        if not wait:
            return None
        return refuse(request, wait, _("Rate limit reached. Try again in %(time)s.") % {"time": format_wait(wait)})


def body_size(request: HttpRequest) -> int:
    """As the server was told; it reads no more."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def sender(request: HttpRequest) -> str:
    if request.user.is_authenticated:
        return f"user.{request.user.pk}"
    return f"address.{household(request.META.get('REMOTE_ADDR', ''))}"


def household(address: str) -> str:
    """Every customer of IPv6 has at least 2**64 addresses: those count as one."""
    with suppress(ValueError):
        found = ip_address(address)
        if isinstance(found, IPv6Address):
            return str(found.ipv4_mapped or IPv6Network((int(found), 64), strict=False).network_address)
    return address


def refuse(request: HttpRequest, wait: float, text: str) -> HttpResponse:
    """429, as JSON unless a form was sent."""
    if forms_again.is_form(request):
        response = render(request, "429.html", {"text": text, "fields": forms_again.fields(request)}, status=429)
    else:
        error = limits.TooFast(wait, text).answer()
        response = HttpResponse(encode({"error": error}), status=429, content_type="application/json")
    response["Retry-After"] = str(max(1, ceil(wait)))
    return response
