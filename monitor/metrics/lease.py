"""Ensures that only one collector measures. The holder of the lease does, by the clock of the database."""

import os
import socket
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Now

from monitor.metrics.models import Lease

EXPIRED = datetime(2000, 1, 1, tzinfo=UTC)
LEASE_DURATION = timedelta(seconds=4)  # without a renewal; then another collector takes over


class DatabaseLease:
    """Call ``hold()`` once a second. It returns False while another process holds the lease."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.holder = f"{socket.gethostname()}:{os.getpid()}"

    def hold(self) -> bool:
        Lease.objects.bulk_create([Lease(name=self.name, until=EXPIRED)], ignore_conflicts=True)
        mine_or_free = Lease.objects.filter(Q(holder=self.holder) | Q(until__lt=Now()), name=self.name)
        return bool(mine_or_free.update(holder=self.holder, until=Now() + LEASE_DURATION))

    def release(self) -> None:
        Lease.objects.filter(name=self.name, holder=self.holder).update(until=EXPIRED)
