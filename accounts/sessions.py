"""Sessions that know whose they are: one query gives the session and the person, where Django's own would take two."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from accounts import services
from accounts.models import Session, User
from myweb.compiled import Compiled, blank
from myweb.numbers import parse_number

living = Compiled(
    lambda: Session.objects.select_related("person").filter(session_key=blank("key"), expire_date__gt=blank("now"))
)


class SessionStore(DatabaseStore):
    """The database's store with a column for the person; see "Extending database-backed session engines"."""

    person: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        for session in living(key=self.session_key, now=timezone.now()):
            self.person = session.person
            return session
        self._session_key = None
        return None

    def create_model_instance(self, data: Any) -> Session:
        session: Any = super().create_model_instance(data)
        session.person_id = number_in(data)
        return session  # type: ignore[no-any-return]


def number_in(session: Mapping[str, Any]) -> int | None:
    return parse_number(str(session.get(auth.SESSION_KEY, "")))


def is_signed_in(person: User, session: Mapping[str, Any], *, fallback: bool = True) -> bool:
    """What :func:`django.contrib.auth.get_user` checks; a session from before a password change is nobody's."""
    held = session.get(auth.HASH_SESSION_KEY, "")
    return (
        person.is_active
        and number_in(session) == person.pk
        and session.get(auth.BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and (
            constant_time_compare(held, person.get_session_auth_hash())
            or (fallback and any(constant_time_compare(held, each) for each in person.get_session_auth_fallback_hash()))
        )
    )


@contextmanager
def own_session_kept(request: HttpRequest) -> Iterator[None]:
    """Around a change that ends every session of the person. The session of this request is renewed, and others are
    told only when it is stored under its new key: its sockets look it up there."""
    before = str(request.session.session_key or "")
    yield
    assert isinstance(request.user, User)
    auth.update_session_auth_hash(request, request.user)
    request.session.save()
    services.announce_ended_sessions(request.user, before=before, after=str(request.session.session_key))


class PersonMiddleware(AuthenticationMiddleware):
    """Takes the person who came with the session; whatever is out of the ordinary goes Django's own way."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: person_of(request))  # type: ignore[assignment]


def person_of(request: Any) -> Any:
    if not hasattr(request, "_cached_user"):
        held = number_in(request.session)  # loads it
        person = getattr(request.session, "person", None) if held else None
        # A hash by an older secret key goes Django's way too: there it is made new.
        known = person and is_signed_in(person, request.session, fallback=False)
        request._cached_user = person if known else auth.get_user(request)
    return request._cached_user
