"""Pins messages to the time axis of charts. marks.py reads them."""

from collections.abc import Sequence

from django.db import transaction

from accounts.models import User
from chat.access import get_message
from chat.models import Message
from chat.search.index import index_messages
from monitor.dashboards.models import Pin
from monitor.dashboards.streams import STREAM_NAME
from realtime.protocol import Event, encode
from realtime.publish import find_held_groups, publish_event


@transaction.atomic
def set_pin(by: User, message_id: int, on: bool) -> None:
    """All members of the room can pin and unpin, also the pins of others."""
    message = get_message(by.pk, message_id)
    if on:
        Pin.objects.get_or_create(message=message, defaults={"room": message.room, "at": message.created_at, "by": by})
    else:
        Pin.objects.filter(message=message).delete()
    index_messages([message])
    transaction.on_commit(publish_pinned)


def find_pinned_kinds(messages: Sequence[Message]) -> dict[int, list[str]]:
    """For ``is:pinned`` in the search."""
    return {number: ["pinned"] for number in Pin.objects.filter(message__in=messages).values_list("message", flat=True)}


def publish_pinned() -> None:
    """Tells all viewers of dashboards to reload their marks, which differ by user. They also reload every minute."""
    for name in find_held_groups(f"{STREAM_NAME}."):
        event = encode(Event(name, 0, "pinned", {})).decode()
        publish_event(name, {"topic": name, "first": 0, "events": [event]})
