"""What every rate limit needs: the network of a client, and the answer 429."""

from contextlib import suppress
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from myweb import form_resubmission
from myweb.error_pages import wants_page
from myweb.errors import Refused
from myweb.http import json_error_response


def get_client_network(address: str) -> str:
    """The /64 network of an IPv6 address, since every customer has at least one; an IPv4 address as it is."""
    with suppress(ValueError):
        parsed = ip_address(address)
        if isinstance(parsed, IPv6Address):
            return str(parsed.ipv4_mapped or IPv6Network((int(parsed), 64), strict=False).network_address)
    return address


def render_too_many_requests(request: HttpRequest, wait: float, text: str) -> HttpResponse:
    """429 with Retry-After: a page for browsers, else JSON."""
    if form_resubmission.is_form(request) or (request.method == "GET" and wants_page(request)):
        fields = form_resubmission.get_resubmittable_fields(request)
        context = {"text": text, "fields": fields, "words": form_resubmission.get_typed_texts(request)}
        response = render(request, "429.html", context, status=429)
    else:
        error = Refused("too_fast", text, retry=True, wait=ceil(wait * 100) / 100)
        response = json_error_response(error, 429)
    response["Retry-After"] = str(max(1, ceil(wait)))
    return response
