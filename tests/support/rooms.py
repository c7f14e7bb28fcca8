"""Rooms with people in them, and what is said there."""

from uuid import uuid4

from accounts.models import User
from chat import message_services, services
from chat.message_validation import IncomingMessage, parse_incoming
from chat.models import Room
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
