"""Which members of a room are online, for one process: read once a room, then kept by what changes.

A member who joins or leaves is found by the ``rev`` of the membership, a user who comes or goes by the update of the
hub. So neither costs more in a room of thousands.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db.models import OuterRef, Subquery

from chat.models import Membership, Room
from chat.protocol import MemberState, Presence, PresenceChange
from chat.serializers import select_members, serialize_member
from myweb.errors import NotFound

LIST_LIMIT = 200  # users; above it only their number is sent
MAX_STATES = 5 * LIST_LIMIT  # that are kept of a large room


class RoomMembers(NamedTuple):
    """What the database says of a room, as of ``rev``."""

    rev: int
    large: bool
    ids: set[int]  # of the active members


class OnlineMembers:
    """Of one room."""

    def __init__(self, room_id: int, members: RoomMembers) -> None:
        self.room_id = room_id
        self.rev, self.large, self.ids = members
        self.online: Collection[int] = frozenset()  # all users that ``here`` was found among
        self.here: set[int] = set()
        self.states: dict[int, MemberState] = {}  # of a large room: some of those in ``here``, and who typed

    def update_online(self, online: frozenset[int]) -> None:
        """Costs nothing while the users online are those of before."""
        if online is not self.online:
            self.online, self.here = online, self.ids & online

    def make_snapshot(self, unannounced: set[int]) -> Presence:
        here = sorted(self.here | unannounced)
        return Presence(len(here), here if len(here) <= LIST_LIMIT else [])

    def apply_presence(
        self, online: frozenset[int], joined: Iterable[int], left: Iterable[int]
    ) -> PresenceChange | None:
        """Users came and went; now these are online. Returns the data of an event."""
        return self.change(self.ids & set(joined), self.here & set(left), online)

    def apply_members(self, rows: Iterable[Membership], is_online: Callable[[int], bool]) -> PresenceChange | None:
        """Memberships changed, these in the order of their rev. Returns the data of an event, if it needs one."""
        joined, left = set(), set()
        for row in rows:
            self.rev = max(self.rev, row.rev)
            if row.user_id in self.states:
                self.put_states([serialize_member(row)])
            if row.active and row.user_id not in self.ids:
                self.ids.add(row.user_id)
                joined |= {row.user_id} if is_online(row.user_id) else set()
            elif not row.active and row.user_id in self.ids:
                self.ids.discard(row.user_id)
                left |= {row.user_id} & self.here
        return self.change(joined - left, left - joined, self.online)

    def change(self, joined: set[int], left: set[int], online: Collection[int]) -> PresenceChange | None:
        was_listed = len(self.here) <= LIST_LIMIT
        self.online = online
        self.here = (self.here | joined) - left
        if not joined and not left:
            return None
        change = PresenceChange(len(self.here))
        if change.count <= LIST_LIMIT:
            change.joined = sorted(joined if was_listed else self.here)
            change.left = sorted(left if was_listed else ())
        return change

    def put_states(self, states: Iterable[MemberState]) -> None:
        for state in states:
            if state.id not in self.states or state.rev >= self.states[state.id].rev:
                self.states[state.id] = state


def read_room_members(room_ids: Sequence[int]) -> list[RoomMembers | Exception]:
    """The rooms are read first, so the members may be younger than the ``rev``, never older."""
    rooms = Room.objects.in_bulk(room_ids)
    ids: dict[int, set[int]] = {}
    active = Membership.objects.filter(room__in=rooms, active=True)
    for room_id, user_id in active.values_list("room_id", "user_id"):
        ids.setdefault(room_id, set()).add(user_id)
    return [
        RoomMembers(rooms[room_id].rev, rooms[room_id].large, ids.get(room_id, set()))
        if room_id in rooms
        else NotFound()
        for room_id in room_ids
    ]


def read_changed_members(room_id: int, after: int) -> tuple[bool, list[Membership]]:
    """Whether the room is large, and the memberships that changed after this ``rev``."""
    large = Room.objects.filter(pk=room_id, large=True).exists()
    return large, list(select_members(room_id, rev__gt=after).order_by("rev"))


def find_changed_rooms(revs: Mapping[int, int]) -> list[int]:
    """The rooms with a membership that changed after this ``rev``."""
    members = Membership.objects.filter(room=OuterRef("pk")).order_by("-rev")
    newest = Room.objects.filter(pk__in=revs).annotate(newest=Subquery(members.values("rev")[:1]))
    return [room_id for room_id, rev in newest.values_list("pk", "newest") if rev is not None and rev > revs[room_id]]
