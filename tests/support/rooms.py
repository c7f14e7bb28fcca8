"""Rooms with people in them, and what is said there."""

from collections.abc import Sequence
from uuid import uuid4

from accounts.models import User
from chat import message_services, services
from chat.member_search import index_users
from chat.memberships import MAX_CARRIED
from chat.message_validation import IncomingMessage, parse_incoming
from chat.models import Membership, Room
from chat.protocol import Sent
from chat.store import store_messages
from myweb.errors import Refused


def make_room(by: User, *people: User, kind: str = "private", name: str = "operations") -> Room:
    room = services.create_room(by, name=name, kind=kind)
    if people:
        services.add_members(by, room, people)
    room.refresh_from_db()
    return room


def draft(room: Room, author: User, body: str = "Hello", client_id: str = "") -> IncomingMessage:
    return parse_incoming(room.pk, author.pk, client_id or str(uuid4()), body)


def say(room: Room, author: User, body: str = "Hello") -> Sent:
    return message_services.send_message(author, room.pk, str(uuid4()), body)


def stored(drafts: list[IncomingMessage]) -> list[Sent]:
    outcomes = store_messages(drafts)
    return [outcome for outcome in outcomes if not isinstance(outcome, Refused)]


def make_crowd(count: int) -> list[User]:
    """Users without a password: "Member 00017", @member17."""
    people = User.objects.bulk_create(
        [
            User(
                email=f"member{n}@example.com", name=f"Member {n:05}", handle=f"member{n}", colour=n % 12, password="!"
            )
            for n in range(count)
        ],
        batch_size=1_000,
    )
    index_users(people)
    return people


def make_large_room(by: User, people: Sequence[User], kind: str = "open", name: str = "everyone") -> Room:
    """As if they had joined one by one."""
    room = make_room(by, kind=kind, name=name)
    members = [Membership(room=room, user=person, rev=room.rev + n) for n, person in enumerate(people, 1)]
    Membership.objects.bulk_create(members, batch_size=1_000)
    room.rev += len(members) + 1
    room.own_rev, room.large = room.rev, len(members) >= MAX_CARRIED
    room.save()
    return room
