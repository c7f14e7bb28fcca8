from typing import Any

from django.apps import AppConfig
from django.db import transaction


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts.signals import person_changed
        from chat import commands  # noqa: F401 - importing them registers them
        from chat.me import MeStream
        from chat.streams import PresenceStream, RoomStream
        from realtime.streams import serve

        for stream in (RoomStream(), PresenceStream(), MeStream()):
            serve(stream)
        person_changed.connect(follow_person)


def follow_person(person: Any, **_: Any) -> None:
    from chat import services
    from realtime.protocol import Close
    from realtime.publish import kick

    services.person_changed(person)
    if not person.is_active:
        transaction.on_commit(lambda: kick(person.pk, Close.FORBIDDEN))
