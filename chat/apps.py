from typing import Any

from django.apps import AppConfig
from django.db import transaction
from django.db.backends.signals import connection_created


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts.signals import person_changed
        from chat import commands  # noqa: F401 - importing them registers them
        from chat.me import MeStream
        from chat.search import add_functions
        from chat.streams import PresenceStream, RoomStream
        from realtime.streams import serve

        for stream in (RoomStream(), PresenceStream(), MeStream()):
            serve(stream)
        person_changed.connect(follow_person)
        connection_created.connect(add_functions)


def follow_person(person: Any, **_: Any) -> None:
    from chat import services
    from realtime.protocol import Close
    from realtime.publish import kick

    services.person_changed(person)
    if not person.is_active:
        transaction.on_commit(lambda: kick(person.pk, Close.FORBIDDEN))
