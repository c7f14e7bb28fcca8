"""Sessions with their user, read in one query instead of Django's two. They last SESSION_COOKIE_AGE of the settings."""

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
from myweb.numbers import parse_number
from myweb.prepared_queries import PreparedQuery, query_parameter

live_sessions = PreparedQuery(
    lambda: Session.objects.select_related("user").filter(
        session_key=query_parameter("key"), expire_date__gt=query_parameter("now")
    )
)


class SessionStore(DatabaseStore):
    """The database's store with a column for the user; see "Extending database-backed session engines"."""

    user: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        for session in live_sessions(key=self.session_key, now=timezone.now()):
            self.user = session.user
            return session
        self._session_key = None
        return None

    def create_model_instance(self, data: Any) -> Session:
        session: Any = super().create_model_instance(data)
        session.user_id = get_user_id(data)
        return session  # type: ignore[no-any-return]


def get_user_id(session: Mapping[str, Any]) -> int | None:
    return parse_number(str(session.get(auth.SESSION_KEY, "")))


def is_signed_in(user: User, session: Mapping[str, Any], *, fallback: bool = True) -> bool:
    """What :func:`django.contrib.auth.get_user` checks; a session from before a password change is invalid."""
    held = session.get(auth.HASH_SESSION_KEY, "")
    return (
        user.is_active
        and get_user_id(session) == user.pk
        and session.get(auth.BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and (
            constant_time_compare(held, user.get_session_auth_hash())
            or (fallback and any(constant_time_compare(held, older) for older in user.get_session_auth_fallback_hash()))
        )
    )


@contextmanager
def keep_own_session(request: HttpRequest) -> Iterator[None]:
    """Around a change that ends every session of the user. Renews the session of this request.

    The signal is sent after it was stored under its new key, since its sockets look it up there.
    """
    before = str(request.session.session_key or "")
    yield
    assert isinstance(request.user, User)
    auth.update_session_auth_hash(request, request.user)
    request.session.save()
    services.announce_ended_sessions(request.user, before=before, after=str(request.session.session_key))


class SessionUserMiddleware(AuthenticationMiddleware):
    """Takes the user who was read with the session; unusual cases go through Django's own check."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: get_session_user(request))  # type: ignore[assignment]


def get_session_user(request: Any) -> Any:
    if not hasattr(request, "_cached_user"):
        held = get_user_id(request.session)  # loads it
        user = getattr(request.session, "user", None) if held else None
        # Django's own check also renews a hash that was made with an older secret key.
        known = user and is_signed_in(user, request.session, fallback=False)
        request._cached_user = user if known else auth.get_user(request)
    return request._cached_user
