"""The identity of a socket: Django's session cookie, checked at the handshake, and again by housekeeping.py."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qs

from django.conf import settings
from django.http import HttpRequest, parse_cookie
from django.utils import timezone

from accounts.language import detect_language
from accounts.models import Session, User, Workspace
from accounts.sessions import is_signed_in


class Identity(NamedTuple):
    user_id: int
    session_key: str

    @property
    def is_guest(self) -> bool:
        """See realtime/guests.py."""
        return self.user_id < 0

    @property
    def session(self) -> str:
        return digest_session_key(self.session_key)


def digest_session_key(session_key: str) -> str:
    """Returns a digest that stands for a session key on the channel layer."""
    return sha256(f"session:{session_key}".encode()).hexdigest()[:16]


Headers = Iterable[tuple[bytes, bytes]]


def read_header(headers: Headers, wanted: bytes) -> str:
    return next((value.decode("latin1") for name, value in headers if name == wanted), "")


def read_session_cookie(headers: Headers) -> str:
    return parse_cookie(read_header(headers, b"cookie")).get(settings.SESSION_COOKIE_NAME, "")


def read_expected_user(query: bytes) -> int | None:
    """Reads the user of the page from ``/ws/?user=7``. A malformed number gives 0, which is no user."""
    user = parse_qs(query.decode("latin1"), keep_blank_values=True).get("user")
    if user is None:
        return None
    return int(user[0]) if user[0].isascii() and user[0].isdecimal() and len(user[0]) < 20 else 0


def get_user_name(user_id: int) -> str:
    return User.objects.values_list("name", flat=True).get(pk=user_id)


def read_language(headers: Headers) -> str:
    """The language of pages in the same browser."""
    request = HttpRequest()
    request.COOKIES = parse_cookie(read_header(headers, b"cookie"))
    request.META["HTTP_ACCEPT_LANGUAGE"] = read_header(headers, b"accept-language")
    return detect_language(request, Workspace.get_known_language())


def authenticate_sessions(session_keys: Sequence[str]) -> list[Identity | None]:
    """The identity of each session, None if it is not signed in or from before a password change."""
    sessions = Session.objects.filter(session_key__in=set(session_keys), expire_date__gt=timezone.now())
    identities = {
        session.session_key: Identity(session.user.pk, session.session_key)
        for session in sessions.select_related("user")
        if session.user and is_signed_in(session.user, session.get_decoded())
    }
    return [identities.get(key) for key in session_keys]


def find_identity(user_id: int, session: str) -> Identity | None:
    """By the digest of a session of the user; None if that is not signed in."""
    keys = Session.objects.filter(user=user_id).values_list("session_key", flat=True)
    matching = [key for key in keys if digest_session_key(key) == session]
    return authenticate_sessions(matching)[0] if matching else None


def filter_signed_in(identities: Iterable[Identity]) -> set[Identity]:
    identities = list(identities)
    return {
        identity
        for begun in range(0, len(identities), 500)
        for identity in authenticate_sessions([known.session_key for known in identities[begun : begun + 500]])
        if identity
    }.intersection(identities)
