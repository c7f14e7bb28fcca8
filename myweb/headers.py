from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from myweb.origins import site_origin

# Nothing inline and nothing foreign. connect-src names ws: for browsers that do not match a socket by 'self'.
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; connect-src 'self' {socket}"
)


class SecurityHeaders:
    """Adds the content security policy, and keeps pages made for one person out of every shared cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not hasattr(request, "user"):  # refused before anybody asked who it is
            return response
        socket = site_origin(request).replace("http", "ws", 1)
        response.headers.setdefault("Content-Security-Policy", POLICY.format(socket=socket))
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
