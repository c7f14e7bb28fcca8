from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out


class RealtimeConfig(AppConfig):
    name = "realtime"

    def ready(self) -> None:
        user_logged_out.connect(close_sockets)


def close_sockets(request: Any, user: Any, **_: Any) -> None:
    from realtime import publish, session
    from realtime.protocol import Close

    if user is not None and request.session.session_key:
        publish.kick(user.pk, Close.SIGNED_OUT, session.digest(request.session.session_key))
