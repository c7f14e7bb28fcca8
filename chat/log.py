"""Advancing a room's numbers: the only place that does, always inside the transaction that writes."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chat.access import pick
from chat.models import Room
from realtime.protocol import Event, Refused, encode
from realtime.publish import publish


class Log:
    """A room under lock. Take a ``rev`` for each event; what was recorded rings when the transaction commits."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.first = room.rev + 1
        self.events: list[str] = []

    def next_rev(self) -> int:
        self.room.rev += 1
        return self.room.rev

    def next_seq(self) -> int:
        self.room.seq += 1
        return self.room.seq

    def check_writable(self) -> None:
        if self.room.archived_at:
            raise Refused("forbidden", _("This room is archived and read-only."))

    def record(self, rev: int, kind: str, state: object) -> None:
        """Records the event that took ``rev``; call it in the order in which the revs were taken."""
        self.events.append(encode(Event(f"room.{self.room.pk}", rev, kind, state)).decode())

    def write(self) -> None:
        """Stores the counters; the events ring after the commit."""
        if not self.events:
            return
        self.room.save(update_fields=["seq", "rev", "own_rev", "name", "description", "welcome", "archived_at"])
        self.ring()

    def ring(self) -> None:
        """After the commit."""
        if not self.events:
            return
        group = f"room.{self.room.pk}"
        transaction.on_commit(lambda: publish(group, {"topic": group, "first": self.first, "events": self.events}))


@contextmanager
def lock(room_id: int) -> Iterator[Log]:
    """One room, to be changed: ``with lock(12) as log: …``."""
    with transaction.atomic():
        log = Log(pick(Room.objects.select_for_update(), pk=room_id))
        yield log
        log.write()
