from collections.abc import Collection
from typing import Any

from django.apps import AppConfig
from django.db import transaction
from django.db.backends.signals import connection_created
from django.db.models.signals import post_save


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
        from chat.streams import RoomStream, presence_stream
        from push.access import find_reached_users, outdated_finders
        from realtime.streams import register_stream

        for stream in (RoomStream(), presence_stream, MeStream()):
            register_stream(stream)
        palette_finders.insert(0, find_chat_groups)
        senders.extend([push_notifications, schedule_mails])
        outdated_finders.append(find_read_messages)
        reach_checks.append(find_reached_users)
        user_changed.connect(on_user_changed)
        post_save.connect(on_user_saved, sender="accounts.User")
        connection_created.connect(add_sqlite_functions)


def on_user_saved(instance: Any, update_fields: Collection[str] | None = None, **_: Any) -> None:
    from chat.member_search import index_user

    if update_fields is None or {"name", "handle"} & set(update_fields):
        index_user(instance)


def on_user_changed(user: Any, **_: Any) -> None:
    from chat import services
    from realtime.protocol import Close
    from realtime.publish import close_user_sockets

    services.record_user_change(user)
    if not user.is_active:
        transaction.on_commit(lambda: close_user_sockets(user.pk, Close.FORBIDDEN))
