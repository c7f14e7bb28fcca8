"""Who is on a socket: Django's own session cookie, checked at the handshake and again every minute."""

from collections.abc import Iterable
from hashlib import sha256
from importlib import import_module
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, parse_cookie
from django.utils.translation import get_language_from_request


class Person(NamedTuple):
    user_id: int
    session_key: str

    @property
    def session(self) -> str:
        return digest(self.session_key)


def digest(session_key: str) -> str:
    """What may travel over the layer in place of a session key."""
    return sha256(f"session:{session_key}".encode()).hexdigest()[:16]


Headers = Iterable[tuple[bytes, bytes]]


def header(headers: Headers, wanted: bytes) -> str:
    return next((value.decode("latin1") for name, value in headers if name == wanted), "")


def cookie_of(headers: Headers) -> str:
    return parse_cookie(header(headers, b"cookie")).get(settings.SESSION_COOKIE_NAME, "")


def language_of(headers: Headers) -> str:
    """The language in which pages answer the same browser."""
    request = HttpRequest()
    request.COOKIES = parse_cookie(header(headers, b"cookie"))
    request.META["HTTP_ACCEPT_LANGUAGE"] = header(headers, b"accept-language")
    return get_language_from_request(request)


def authenticate(session_key: str) -> Person | None:
    """The active person whose session this is; a session from before a password change is nobody's."""
    if not session_key:
        return None
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    request = HttpRequest()
    request.session = store(session_key)
    user = get_user(request)
    if not user.is_authenticated or not user.is_active:
        return None
    return Person(user.pk, session_key)


def still_signed_in(people: Iterable[Person]) -> set[Person]:
    return {person for person in people if authenticate(person.session_key) == person}
