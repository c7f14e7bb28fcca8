"""Absolute addresses of this site, made from MYWEB_ORIGINS: anybody may write any Host, and any port into it."""

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest


def site_origin(request: HttpRequest | None = None) -> str:
    """The configured origin by which this request came; the first one if it came by none of them."""
    if request is not None:
        try:
            origin = f"{request.scheme}://{request.get_host()}".lower()
        except DisallowedHost:
            origin = ""
        if origin in settings.ORIGINS:
            return origin
    return str(settings.ORIGINS[0])


def site_url(path: str, request: HttpRequest | None = None) -> str:
    return f"{site_origin(request)}{path}"
