"""Absolute URLs of this site, made from MYWEB_ORIGINS: a client can send any Host header."""

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest


def get_site_origin(request: HttpRequest | None = None) -> str:
    """The configured origin of this request; the first one if the request has another origin."""
    if request is not None:
        try:
            origin = f"{request.scheme}://{request.get_host()}".lower()
        except DisallowedHost:
            origin = ""
        if origin in settings.ORIGINS:
            return origin
    return str(settings.ORIGINS[0])


def build_site_url(path: str, request: HttpRequest | None = None) -> str:
    return f"{get_site_origin(request)}{path}"
