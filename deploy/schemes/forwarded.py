"""Removes headers that only a proxy may write, for servers without a proxy."""

from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

FORWARDED = (
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-forwarded-ssl",
    "x-real-ip",
    "proxy",  # becomes HTTP_PROXY, which libraries read as a setting
    "daphne-root-path",
)
_WSGI = ["HTTP_" + name.upper().replace("-", "_") for name in FORWARDED]
_ASGI = {name.encode() for name in FORWARDED}

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Asgi = Callable[[MutableMapping[str, Any], Any, Any], Any]


def without_wsgi(application: Wsgi) -> Wsgi:
    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        lies = [environ.pop(name) for name in _WSGI if name in environ]
        if lies and not environ.get("HTTPS"):
            environ["wsgi.url_scheme"] = "http"  # uWSGI has already trusted them
        return application(environ, start_response)

    return serve


def without_asgi(application: Asgi) -> Asgi:
    async def serve(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if "headers" in scope:
            kept = [pair for pair in scope["headers"] if pair[0].lower() not in _ASGI]
            scope = {**scope, "headers": kept, "root_path": ""}
        await application(scope, receive, send)

    return serve
