"""Pins messages to the time axis of charts. marks.py reads them."""

import logging
from collections.abc import Iterable

import redis
from django.db import Error as DatabaseTrouble
from django.db import transaction

from accounts.models import User
from chat.access import get_message
from monitor.dashboards.models import Pin
from monitor.metrics import reports
from realtime.protocol import Event, encode
from realtime.publish import publish_event

logger = logging.getLogger(__name__)


@transaction.atomic
def set_pin(by: User, message_id: int, on: bool) -> None:
    """All members of the room can pin and unpin, also the pins of others."""
    message = get_message(by.pk, message_id)
    if on:
        Pin.objects.get_or_create(message=message, defaults={"room": message.room, "at": message.created_at, "by": by})
    else:
        Pin.objects.filter(message=message).delete()
    transaction.on_commit(lambda: publish_pinned(list_watched_streams()))


def list_watched_streams() -> set[str]:
    """Returns the streams of all watched dashboards."""
    try:
        return {name for report in reports.get_fresh_reports() for name in report.watched}
    except (redis.RedisError, DatabaseTrouble) as error:
        logger.warning("Announcing a pin failed: %s", error)
        return set()


def publish_pinned(streams: Iterable[str]) -> None:
    """Tells viewers to reload their marks. Viewers also reload every minute. Marks differ by user."""
    for name in streams:
        event = encode(Event(name, 0, "pinned", {})).decode()
        publish_event(name, {"topic": name, "first": 0, "events": [event]})
