"""Ensures that only one collector measures, and says when it last did. All times are of the database's clock."""

import os
import socket
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

from monitor.metrics.models import Lease

NAME = "collector"
EXPIRED = datetime(2000, 1, 1, tzinfo=UTC)
LEASE_DURATION = timedelta(seconds=4)  # without a renewal; then another collector takes over
MAX_TICK_AGE = timedelta(seconds=30)  # an idle collector measures every ten seconds


class DatabaseLease:
    """Call ``hold()`` once a second. It returns False while another process holds the lease."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.holder = f"{socket.gethostname()}:{os.getpid()}"

    def hold(self, *, has_measured: bool = False) -> bool:
        """``has_measured``: there was a tick since the last call."""
        Lease.objects.bulk_create([Lease(name=self.name, until=EXPIRED)], ignore_conflicts=True)
        mine_or_free = Lease.objects.filter(Q(holder=self.holder) | Q(until__lt=Now()), name=self.name)
        measured = {"measured_at": Now()} if has_measured else {}
        return bool(mine_or_free.update(holder=self.holder, until=Now() + LEASE_DURATION, **measured))

    def release(self) -> None:
        Lease.objects.filter(name=self.name, holder=self.holder).update(until=EXPIRED)


class LastTick(NamedTuple):
    at: datetime
    age: timedelta

    @property
    def is_old(self) -> bool:
        """Nothing is measured any more."""
        return self.age > MAX_TICK_AGE


def read_last_tick() -> LastTick | None:
    """None if no collector has measured here."""
    age = ExpressionWrapper(Now() - F("measured_at"), output_field=DurationField())
    row = Lease.objects.filter(name=NAME, measured_at__isnull=False).values_list("measured_at", age).first()
    return LastTick(row[0], max(row[1], timedelta())) if row else None


def get_unmeasured_since() -> datetime | None:
    """None while a collector measures, and where none ever did."""
    tick = read_last_tick()
    return tick.at if tick and tick.is_old else None
