"""The sites that a scheme can serve: the site itself, or a minimal view that shows the cost of the servers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ServedSite:
    """``module:name`` of the application. ``alone_*`` is for servers without a proxy."""

    name: str
    settings: str
    page: str  # a page with status 200 without sign-in
    wsgi: str
    asgi: str
    alone_wsgi: str
    alone_asgi: str
    limits: str  # requests until a worker of uWSGI is replaced; 0 is never


MYWEB = ServedSite(
    "myweb",
    "myweb.settings",
    "/accounts/login/",
    "myweb.wsgi:application",
    "myweb.asgi:application",
    "deploy.schemes.wsgi:application",
    "deploy.schemes.asgi:application",
    "5000",
)
# At its rate a limit would replace workers every few seconds.
HELLO = ServedSite(
    "hello",
    "deploy.schemes.hello.settings",
    "/",
    "deploy.schemes.hello.wsgi:application",
    "deploy.schemes.hello.asgi:application",
    "deploy.schemes.hello.wsgi:application",
    "deploy.schemes.hello.asgi:application",
    "0",
)
