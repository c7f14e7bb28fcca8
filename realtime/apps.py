from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out


class RealtimeConfig(AppConfig):
    name = "realtime"

    def ready(self) -> None:
        from accounts.signals import role_changed, sessions_ended

        user_logged_out.connect(close_sockets)
        sessions_ended.connect(close_sockets_of_ended_sessions)
        role_changed.connect(reconnect_sockets)


def close_sockets(request: Any, user: Any, **_: Any) -> None:
    from realtime import publish
    from realtime.identity import digest_session_key
    from realtime.protocol import Close

    if user is not None and request.session.session_key:
        publish.close_user_sockets(user.pk, Close.SIGNED_OUT, digest_session_key(request.session.session_key))


def close_sockets_of_ended_sessions(user: Any, before: str, after: str, **_: Any) -> None:
    from realtime import publish
    from realtime.identity import digest_session_key
    from realtime.protocol import Close

    kept = (digest_session_key(before), digest_session_key(after)) if before and after else None
    publish.close_user_sockets(user.pk, Close.SIGNED_OUT, kept=kept)


def reconnect_sockets(user: Any, **_: Any) -> None:
    """The clients reconnect at once, and every stream checks access again."""
    from realtime import publish
    from realtime.protocol import Close

    publish.close_user_sockets(user.pk, Close.RESTART)
