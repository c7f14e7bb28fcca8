from typing import Any

from django.apps import AppConfig
from django.db import transaction
from django.db.backends.signals import connection_created


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts.signals import user_changed
        from chat import commands  # noqa: F401 - importing them registers them
        from chat.notifications.delivery import senders
        from chat.notifications.mail_queue import schedule_mails
        from chat.palette import find_chat_groups, palette_finders
        from chat.search import add_sqlite_functions
        from chat.sidebar_stream import MeStream
        from chat.streams import PresenceStream, RoomStream
        from realtime.streams import register_stream

        for stream in (RoomStream(), PresenceStream(), MeStream()):
            register_stream(stream)
        palette_finders.insert(0, find_chat_groups)
        senders.append(schedule_mails)
        user_changed.connect(on_user_changed)
        connection_created.connect(add_sqlite_functions)


def on_user_changed(user: Any, **_: Any) -> None:
    from chat import services
    from realtime.protocol import Close
    from realtime.publish import close_user_sockets

    services.record_user_change(user)
    if not user.is_active:
        transaction.on_commit(lambda: close_user_sockets(user.pk, Close.FORBIDDEN))
