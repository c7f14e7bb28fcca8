from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from myweb.origins import get_site_origin

# Nothing inline and nothing from other origins. connect-src has ws: for browsers whose 'self' excludes sockets.
POLICY = (
    "default-src 'self'; img-src 'self' data:; worker-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; connect-src 'self' {socket}"
)


class SecurityHeadersMiddleware:
    """Adds the content security policy, and keeps pages of one user out of shared caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not hasattr(request, "user"):  # rejected before the user was determined
            return response
        socket = get_site_origin(request).replace("http", "ws", 1)
        response.headers.setdefault("Content-Security-Policy", POLICY.format(socket=socket))
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
