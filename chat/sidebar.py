"""The lines of a sidebar: for each of a person's rooms how far it is, how far they have read, and what is unread."""

from collections.abc import Collection, Iterable, Sequence

from accounts.models import Role, User
from chat import sql
from chat.models import Membership, Room
from chat.protocol import Me, MemberState, MyRoom
from chat.serializers import serialize_member

UNREAD_LIMIT = 100  # counting stops here: "99+"


def read_sidebar_lines(wanted: Iterable[tuple[int, int | None]]) -> list[tuple[int, MyRoom]]:
    """(person, line) of each (person, room), or of all rooms of a person where the room is None."""
    found = sql.read_sidebar_rows(wanted, UNREAD_LIMIT)
    people = read_direct_members({line.room_id for line in found if line.kind == Room.Kind.DIRECT})
    return [
        (
            line.user_id,
            MyRoom(
                id=line.room_id,
                kind=line.kind,
                name=line.name,
                people=[person for person in people.get(line.room_id, ()) if person.id != line.user_id],
                head=line.seq,
                last_read=line.last_read,
                unread=line.unread,
                mentions=line.mentions,
                archived=bool(line.archived),
            ),
        )
        for line in found
    ]


def read_direct_members(room_ids: Collection[int]) -> dict[int, list[MemberState]]:
    found: dict[int, list[MemberState]] = {}
    if not room_ids:
        return found
    people = Membership.objects.filter(room__in=room_ids).exclude(user__role=Role.BOT)
    for membership in people.select_related("user").order_by("user_id"):
        found.setdefault(membership.room_id, []).append(serialize_member(membership))
    return found


def read_sidebar(user: User) -> Me:
    return read_sidebars([user])[0]


def read_sidebars(users: Sequence[User]) -> list[Me]:
    rooms: dict[int, list[MyRoom]] = {}
    for user_id, line in read_sidebar_lines((user.pk, None) for user in users):
        rooms.setdefault(user_id, []).append(line)
    return [
        Me(
            id=user.pk,
            name=user.name,
            handle=user.handle,
            initials=user.initials,
            colour=user.colour,
            role=user.role,
            rooms=rooms.get(user.pk, []),
        )
        for user in users
    ]


def read_sidebars_by_id(user_ids: Sequence[int]) -> list[Me]:
    users = User.objects.in_bulk(set(user_ids))
    found = {each.id: each for each in read_sidebars(list(users.values()))}
    return [found[user_id] for user_id in user_ids]
