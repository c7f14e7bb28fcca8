"""Django's protection against forged requests, without a cookie in each response."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.cache import patch_vary_headers


class CsrfMiddleware(CsrfViewMiddleware):
    """Django sets the cookie with each page to renew its year. Each sign-in makes another one, soon enough."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        meta = request.META
        is_known = meta.get("CSRF_COOKIE") == request.COOKIES.get(settings.CSRF_COOKIE_NAME)
        if meta.get("CSRF_COOKIE_NEEDS_UPDATE") and is_known:
            meta["CSRF_COOKIE_NEEDS_UPDATE"] = False
            patch_vary_headers(response, ("Cookie",))
        return super().process_response(request, response)
