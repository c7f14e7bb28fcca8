"""Who is on a socket: Django's own session cookie, checked at the handshake and again every minute."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qs

from django.conf import settings
from django.http import HttpRequest, parse_cookie
from django.utils import timezone
from django.utils.translation import get_language_from_request

from accounts.models import Session, User
from accounts.sessions import is_signed_in


class Person(NamedTuple):
    user_id: int
    session_key: str

    @property
    def is_guest(self) -> bool:
        """See realtime/guests.py."""
        return self.user_id < 0

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


def expected_user(query: bytes) -> int | None:
    """Whose page opens the socket, from ``/ws/?user=7``; 0, which is nobody, if it says something else."""
    user = parse_qs(query.decode("latin1"), keep_blank_values=True).get("user")
    if user is None:
        return None
    return int(user[0]) if user[0].isascii() and user[0].isdecimal() and len(user[0]) < 20 else 0


def name_of(user_id: int) -> str:
    return User.objects.values_list("name", flat=True).get(pk=user_id)


def language_of(headers: Headers) -> str:
    """The language in which pages answer the same browser."""
    request = HttpRequest()
    request.COOKIES = parse_cookie(header(headers, b"cookie"))
    request.META["HTTP_ACCEPT_LANGUAGE"] = header(headers, b"accept-language")
    return get_language_from_request(request)


def authenticate(session_keys: Sequence[str]) -> list[Person | None]:
    """The active people whose sessions these are; a session from before a password change is nobody's."""
    found = Session.objects.filter(session_key__in=set(session_keys), expire_date__gt=timezone.now())
    people = {
        session.session_key: Person(session.user.pk, session.session_key)
        for session in found.select_related("user")
        if session.user and is_signed_in(session.user, session.get_decoded())
    }
    return [people.get(key) for key in session_keys]


def find_person(user_id: int, session: str) -> Person | None:
    """By the digest of one of the person's sessions; None if that is not signed in."""
    keys = Session.objects.filter(user=user_id).values_list("session_key", flat=True)
    found = [key for key in keys if digest(key) == session]
    return authenticate(found)[0] if found else None


def still_signed_in(people: Iterable[Person]) -> set[Person]:
    people = list(people)
    return {
        person
        for begun in range(0, len(people), 500)
        for person in authenticate([each.session_key for each in people[begun : begun + 500]])
        if person
    }.intersection(people)
