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
    from realtime import publish, session
    from realtime.protocol import Close

    if user is not None and request.session.session_key:
        publish.kick(user.pk, Close.SIGNED_OUT, session.digest(request.session.session_key))


def close_sockets_of_ended_sessions(user: Any, before: str, after: str, **_: Any) -> None:
    from realtime import publish, session
    from realtime.protocol import Close

    kept = (session.digest(before), session.digest(after)) if before and after else None
    publish.kick(user.pk, Close.SIGNED_OUT, kept=kept)


def reconnect_sockets(user: Any, **_: Any) -> None:
    """They come back at once, and every stream asks anew who may follow it."""
    from realtime import publish
    from realtime.protocol import Close

    publish.kick(user.pk, Close.RESTART)
