"""Messages pinned to the time axis of charts. What charts show of them is in marks.py."""

import logging
from collections.abc import Iterable

import redis
from django.db import Error as DatabaseTrouble
from django.db import transaction

from accounts.models import User
from chat.access import get_message
from monitor.dashboards.models import Pin
from monitor.dashboards.protocol import SetPin
from monitor.metrics import reports
from realtime.hub import Hub
from realtime.protocol import Event, encode
from realtime.publish import publish_event
from realtime.socket import Socket
from realtime.streams import command
from realtime.users import run_as_user

logger = logging.getLogger(__name__)


@transaction.atomic
def set_pin(by: User, message_id: int, on: bool) -> None:
    """By anybody in its room, who pins or takes off what others have pinned, too."""
    message = get_message(by.pk, message_id)
    if on:
        Pin.objects.get_or_create(message=message, defaults={"room": message.room, "at": message.created_at, "by": by})
    else:
        Pin.objects.filter(message=message).delete()
    transaction.on_commit(lambda: tell(watched()))


def watched() -> set[str]:
    """The streams of all dashboards that somebody looks at."""
    try:
        return {name for each in reports.get_fresh_reports() for name in each.watched}
    except (redis.RedisError, DatabaseTrouble) as error:
        logger.warning("Announcing a pin failed: %s", error)
        return set()


def tell(streams: Iterable[str]) -> None:
    """Whoever misses it asks within a minute. It says no more: each viewer sees the marks of other rooms."""
    for name in streams:
        event = encode(Event(name, 0, "pinned", {})).decode()
        publish_event(name, {"topic": name, "first": 0, "events": [event]})


@command(SetPin)
async def pin(hub: Hub, socket: Socket, asked: SetPin) -> None:
    await run_as_user(socket, set_pin, asked.message, asked.on)
