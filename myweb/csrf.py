"""Leaves out the CSRF cookie that the browser has already."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers


class CsrfCookieMiddleware:
    """Inside Django's, which sets it with each page to renew its year. Each sign-in makes another one, soon enough."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response, meta = self.get_response(request), request.META
        is_known = meta.get("CSRF_COOKIE") == request.COOKIES.get(settings.CSRF_COOKIE_NAME)
        if meta.get("CSRF_COOKIE_NEEDS_UPDATE") and is_known:
            meta["CSRF_COOKIE_NEEDS_UPDATE"] = False
            patch_vary_headers(response, ("Cookie",))
        return response
