"""What a scheme serves: the site itself, or a bare view that shows what the servers cost by themselves."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Site:
    """``module:name`` of what servers call. ``alone_*`` is for those that no other server stands in front of."""

    name: str
    settings: str
    page: str  # answers 200 to everybody
    wsgi: str
    asgi: str
    alone_wsgi: str
    alone_asgi: str
    limits: str  # how many requests a worker of uWSGI lives; 0 is for ever


MYWEB = Site(
    "myweb",
    "myweb.settings",
    "/accounts/login/",
    "myweb.wsgi:application",
    "myweb.asgi:application",
    "deploy.schemes.wsgi:application",
    "deploy.schemes.asgi:application",
    "5000",
)
# At its speed a worker with a limit would be replaced every few seconds.
HELLO = Site(
    "hello",
    "deploy.schemes.hello.settings",
    "/",
    "deploy.schemes.hello.wsgi:application",
    "deploy.schemes.hello.asgi:application",
    "deploy.schemes.hello.wsgi:application",
    "deploy.schemes.hello.asgi:application",
    "0",
)
