"""Messages that another app draws: an alert, a chart, the output of a command. Chat stores, numbers and sends them.

A card is a typed struct with a ``kind``; the page draws it by the function registered for that kind in
``chat/static/chat/cards.js``. It changes in place as often as its maker says: each time the message takes the room's
next rev, as for an edit. The text beside it is what searches find and what a page that does not know the kind shows.
"""

import logging
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID, uuid4

import msgspec
from django.utils import timezone

from accounts.models import User
from chat import markdown
from chat.access import NotFound
from chat.events import Sent
from chat.log import Log, lock
from chat.models import Membership, Message
from chat.states import message_state, message_type, messages_of

logger = logging.getLogger(__name__)


class Card(msgspec.Struct, tag_field="kind", omit_defaults=True):
    """To be subclassed with a ``tag``: the kind."""


class Answer(NamedTuple):
    """Somebody replied to a card."""

    user_id: int
    message_id: int  # of the card
    body: str


Hearer = Callable[[Answer], None]

hearers: dict[str, Hearer] = {}  # kind -> told of replies, after they are stored


def post(by: User, room_id: int, card: Card, text: str, client_id: UUID | None = None) -> Sent:
    """Says a card in a room, whether or not its author is a member: whoever calls has decided that it may be.

    With the same ``client_id`` again it is the card that is there.
    """
    html = markdown.render(text, {})[0]  # before the room is locked
    with lock(room_id) as log:
        log.check_writable()
        known = client_id and Message.objects.filter(room=room_id, author=by, client_id=client_id).first()
        if known:
            return Sent(known.pk, known.seq, known.rev)
        known_by_name(log, by)
        message = Message.objects.create(
            room_id=room_id,
            author=by,
            client_id=client_id or uuid4(),
            seq=log.next_seq(),
            rev=log.next_rev(),
            body=text,
            html=html,
            card=msgspec.to_builtins(card),
            created_at=timezone.now(),
        )
        return recorded(log, message.pk)


def change(message_id: int, card: Card, text: str) -> Sent | None:
    """Puts another card in the place of one; None if its message was deleted."""
    room_id = Message.objects.filter(pk=message_id).values_list("room_id", flat=True).first()
    if room_id is None:
        raise NotFound
    html = markdown.render(text, {})[0]
    with lock(room_id) as log:
        changed = Message.objects.filter(pk=message_id, deleted_at=None).update(
            card=msgspec.to_builtins(card), body=text, html=html, rev=log.next_rev()
        )
        if not changed:
            log.room.rev -= 1
            return None
        return recorded(log, message_id)


def recorded(log: Log, message_id: int) -> Sent:
    message = messages_of(log.room.pk).get(pk=message_id)
    log.record(message.rev, message_type(message), message_state(message))
    return Sent(message.pk, message.seq, message.rev)


def known_by_name(log: Log, author: User) -> None:
    """Who speaks in a room is in the list of those who are or were in it, so that the page knows the name."""
    from chat.services import record_member

    membership, made = Membership.objects.get_or_create(room=log.room, user=author, defaults={"active": False})
    if made:
        record_member(log, membership)


def answered(kind: str, answer: Answer) -> None:
    """Tells the app whose card it is. Its trouble is not the writer's: the reply is stored."""
    hearer = hearers.get(kind)
    if hearer is None:
        return
    try:
        hearer(answer)
    except Exception:
        logger.exception("The handler of replies to %s cards failed", kind)
