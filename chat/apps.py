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
        from chat.notifications.push import find_read_messages, push_notifications
        from chat.notifications.unread_mail import reach_checks
        from chat.palette import find_chat_groups, palette_finders
        from chat.search.lookups import add_sqlite_functions
        from chat.sidebar_stream import MeStream
        from chat.streams import PresenceStream, RoomStream
        from push.access import find_reached_users, outdated_finders
        from realtime.streams import register_stream

        for stream in (RoomStream(), PresenceStream(), MeStream()):
            register_stream(stream)
        palette_finders.insert(0, find_chat_groups)
        senders.extend([push_notifications, schedule_mails])
        outdated_finders.append(find_read_messages)
        reach_checks.append(find_reached_users)
        user_changed.connect(on_user_changed)
        connection_created.connect(add_sqlite_functions)


def on_user_changed(user: Any, **_: Any) -> None:
    from chat import services
    from realtime.protocol import Close
    from realtime.publish import close_user_sockets

    services.record_user_change(user)
    if not user.is_active:
        transaction.on_commit(lambda: close_user_sockets(user.pk, Close.FORBIDDEN))
