"""The lines of a sidebar: for each room of a user its newest message, the read mark, and the unread counts."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from accounts.models import Role, User
from chat import sql
from chat.access import rooms_of_members
from chat.models import Membership, Message, Room
from chat.notifications.text import BEGINNING, summarize_messages
from chat.protocol import Me, MemberState, MyRoom, NotificationState
from chat.serializers import serialize_member
from chat.sql import SidebarRow
from myweb.errors import NotFound
from myweb.prepared_queries import MAX_KEY, fetch_all_prepared, fetch_prepared

UNREAD_LIMIT = 100  # counting stops here: "99+"


def read_sidebar_lines(wanted: Iterable[tuple[int, int | None]]) -> list[tuple[int, MyRoom]]:
    """(user, line) of each (user, room), or of all rooms of a user where the room is None."""
    rows = fetch_prepared(*sql.make_sidebar_statement(wanted, UNREAD_LIMIT))
    return make_sidebar_lines([SidebarRow(*row) for row in rows])


def make_sidebar_lines(rows: list[SidebarRow]) -> list[tuple[int, MyRoom]]:
    people = read_direct_members({row.room_id for row in rows if row.kind == Room.Kind.DIRECT})
    told = read_told_messages(rows)
    return [
        (
            row.user_id,
            MyRoom(
                id=row.room_id,
                kind=row.kind,
                name=row.name,
                people=[person for person in people.get(row.room_id, ()) if person.id != row.user_id],
                head=row.seq,
                last_read=row.last_read,
                unread=row.unread,
                mentions=row.mentions,
                archived=bool(row.archived),
                favourite=bool(row.favourite),
                level=row.level,
                muted_until=row.muted_until,
                notification=make_notification(row, told),
            ),
        )
        for row in rows
    ]


def read_told_messages(rows: Iterable[SidebarRow]) -> dict[tuple[int, int | None], tuple[str, str]]:
    """(room, seq) -> author and text of what users were notified of."""
    rooms, seqs = {row.room_id for row in rows if row.told}, {row.told for row in rows if row.told}
    if not rooms:
        return {}
    messages = Message.objects.filter(room__in=rooms, seq__in=seqs, deleted_at=None).annotate(beginning=BEGINNING)
    values = list(messages.values_list("pk", "room_id", "seq", "author__name", "beginning"))
    texts = summarize_messages({pk: beginning for pk, *_, beginning in values})
    return {(room_id, seq): (author, texts[pk]) for pk, room_id, seq, author, _ in values}


def make_notification(
    row: SidebarRow, told: Mapping[tuple[int, int | None], tuple[str, str]]
) -> NotificationState | None:
    if row.told is None or (row.room_id, row.told) not in told:
        return None
    author, text = told[row.room_id, row.told]
    return NotificationState(seq=row.told, author=author, text=text, urgent=bool(row.urgent))


def read_direct_members(room_ids: Collection[int]) -> dict[int, list[MemberState]]:
    members: dict[int, list[MemberState]] = {}
    if not room_ids:
        return members
    people = Membership.objects.filter(room__in=room_ids).exclude(user__role=Role.BOT)
    for membership in people.select_related("user").order_by("user_id"):
        members.setdefault(membership.room_id, []).append(serialize_member(membership))
    return members


def read_sidebar(user: User) -> Me:
    return read_sidebars([user])[0]


def read_sidebars(users: Sequence[User]) -> list[Me]:
    rooms: dict[int, list[MyRoom]] = {}
    for user_id, line in read_sidebar_lines((user.pk, None) for user in users):
        rooms.setdefault(user_id, []).append(line)
    return [make_sidebar(user, rooms.get(user.pk, [])) for user in users]


def make_sidebar(user: User, rooms: list[MyRoom]) -> Me:
    return Me(
        id=user.pk,
        name=user.name,
        handle=user.handle,
        initials=user.initials,
        colour=user.colour,
        role=user.role,
        rooms=rooms,
        picture=user.picture,
    )


def read_room_and_sidebar(user: User, room_id: int) -> tuple[Room, Me]:
    """As :func:`chat.access.get_room` and :func:`read_sidebar`, by one trip to the database."""
    if room_id > MAX_KEY:
        raise NotFound
    room_rows, rows = fetch_all_prepared(
        rooms_of_members.make_statement(user=user.pk, room=room_id),
        sql.make_sidebar_statement([(user.pk, None)], UNREAD_LIMIT),
    )
    for room in rooms_of_members.make_models(room_rows):
        lines = make_sidebar_lines([SidebarRow(*row) for row in rows])
        return room, make_sidebar(user, [line for _user_id, line in lines])
    raise NotFound


def read_sidebars_by_id(user_ids: Sequence[int]) -> list[Me]:
    users = User.objects.in_bulk(set(user_ids))
    sidebars = {sidebar.id: sidebar for sidebar in read_sidebars(list(users.values()))}
    return [sidebars[user_id] for user_id in user_ids]
