"""At most one request a second to a host, by all workers together."""

import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from link_previews.models import HostTurn

EVERY = timedelta(seconds=1)
LONGEST_QUEUE = timedelta(minutes=2)
LONGEST_SLEEP = 5.0  # seconds that a thread waits for a turn; what waits longer waits as a task


class HostBusy(Exception):
    """Too many links to this host wait for their turn."""


def reserve_turn(host: str) -> float:
    """In how many seconds the host may be asked. Raises :class:`HostBusy`."""
    host, now = host.lower().rstrip(".")[:255], timezone.now()
    with transaction.atomic():
        HostTurn.objects.bulk_create([HostTurn(host=host, free_at=now)], ignore_conflicts=True)
        turn = HostTurn.objects.select_for_update().get(host=host)
        begin = max(turn.free_at, now)
        if begin - now > LONGEST_QUEUE:
            raise HostBusy(host)
        turn.free_at = begin + EVERY
        turn.save(update_fields=["free_at"])
    return (begin - now).total_seconds()


def wait_for_turn(host: str) -> None:
    """For what follows from a page: its redirects and its picture. Raises :class:`HostBusy`."""
    seconds = reserve_turn(host)
    if seconds > LONGEST_SLEEP:
        raise HostBusy(host)
    time.sleep(seconds)


def delete_old_turns() -> None:
    HostTurn.objects.filter(free_at__lt=timezone.now() - timedelta(hours=1)).delete()
