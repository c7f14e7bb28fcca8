"""At most one request a second to a host, by all workers together."""

import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from link_previews.models import HostTurn
from myweb.guarded_fetch import FetchFailed

EVERY = timedelta(seconds=1)
LONGEST_QUEUE = timedelta(minutes=2)
LONGEST_SLEEP = 5.0  # seconds that a thread waits for a turn; what waits longer waits as a task


def reserve_turn(host: str) -> float:
    """In how many seconds the host may be asked. Raises :class:`FetchFailed` if too many wait for it."""
    host, now = host.lower().rstrip(".")[:255], timezone.now()
    with transaction.atomic():
        HostTurn.objects.bulk_create([HostTurn(host=host, free_at=now)], ignore_conflicts=True)
        turn = HostTurn.objects.select_for_update().get(host=host)
        begin = max(turn.free_at, now)
        if begin - now > LONGEST_QUEUE:
            raise FetchFailed("too many links to this host")
        turn.free_at = begin + EVERY
        turn.save(update_fields=["free_at"])
    return (begin - now).total_seconds()


def wait_for_turn(host: str) -> None:
    """For what follows from a page: its redirects and its picture."""
    seconds = reserve_turn(host)
    if seconds > LONGEST_SLEEP:
        raise FetchFailed("too many links to this host")
    time.sleep(seconds)


def delete_old_turns() -> None:
    HostTurn.objects.filter(free_at__lt=timezone.now() - timedelta(hours=1)).delete()
