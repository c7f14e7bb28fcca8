"""The log of a room: takes the next numbers and publishes events, always inside the transaction that writes.

Besides it only ``sql.py`` stores the counters.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chat.models import Room
from myweb.errors import Refused, get_or_not_found
from realtime.layer_event import LayerEvent
from realtime.protocol import Event, encode
from realtime.publish import publish_event


class RoomLog:
    """A locked room. Take a ``rev`` for each event; recorded events are published when the transaction commits."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.first = room.rev + 1
        self.events: list[str] = []
        self.changes_members = False
        self.changes_lists = False  # what lists of rooms show

    def next_rev(self) -> int:
        self.room.rev += 1
        return self.room.rev

    def next_seq(self) -> int:
        self.room.seq += 1
        return self.room.seq

    def check_writable(self) -> None:
        if self.room.archived_at:
            raise Refused("forbidden", _("This room is archived and read-only."))

    def record(self, rev: int, kind: str, state: object, included: Sequence[object] = ()) -> None:
        """Records the event that took ``rev``; call it in the order in which the revs were taken."""
        self.changes_lists |= self.room.is_direct or kind != "member.updated"
        self.events.append(encode(Event(f"room.{self.room.pk}", rev, kind, state, included=[*included])).decode())

    def save(self) -> None:
        """Stores the room; the events are published after the commit."""
        if not self.events:
            return
        self.room.save(
            update_fields=["seq", "rev", "own_rev", "name", "description", "welcome", "archived_at", "large"]
        )
        self.publish_on_commit()

    def publish_on_commit(self) -> None:
        if not self.events:
            return
        group = f"room.{self.room.pk}"
        event: LayerEvent = {"topic": group, "first": self.first, "events": self.events}
        event["quiet"] = not self.changes_lists
        if self.changes_members:
            event["note"] = {"members": True}
        transaction.on_commit(lambda: publish_event(group, event))


@contextmanager
def lock_room(room_id: int) -> Iterator[RoomLog]:
    """Locks a room that is to be changed: ``with lock_room(12) as log: …``."""
    with transaction.atomic():
        log = RoomLog(get_or_not_found(Room.objects.select_for_update(), pk=room_id))
        yield log
        log.save()
