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
from chat.models import Membership, Message
from chat.protocol import Sent
from chat.room_log import RoomLog, lock_room
from chat.serializers import get_message_event_type, select_messages, serialize_message
from myweb.errors import NotFound

logger = logging.getLogger(__name__)


class Card(msgspec.Struct, tag_field="kind", omit_defaults=True):
    """To be subclassed with a ``tag``: the kind."""


class CardReply(NamedTuple):
    """Somebody replied to a card."""

    user_id: int
    message_id: int  # of the card
    body: str


ReplyHandler = Callable[[CardReply], None]

reply_handlers: dict[str, ReplyHandler] = {}  # kind -> told of replies, after they are stored


def post_card(by: User, room_id: int, card: Card, text: str, client_id: UUID | None = None) -> Sent:
    """Says a card in a room, whether or not its author is a member: whoever calls has decided that it may be.

    With the same ``client_id`` again it is the card that is there.
    """
    html = markdown.render_markdown(text, {})[0]  # before the room is locked
    with lock_room(room_id) as log:
        log.check_writable()
        known = client_id and Message.objects.filter(room=room_id, author=by, client_id=client_id).first()
        if known:
            return Sent(known.pk, known.seq, known.rev)
        add_author(log, by)
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
        return record_message(log, message.pk)


def update_card(message_id: int, card: Card, text: str) -> Sent | None:
    """Puts another card in the place of one; None if its message was deleted."""
    room_id = Message.objects.filter(pk=message_id).values_list("room_id", flat=True).first()
    if room_id is None:
        raise NotFound
    html = markdown.render_markdown(text, {})[0]
    with lock_room(room_id) as log:
        changed = Message.objects.filter(pk=message_id, deleted_at=None).update(
            card=msgspec.to_builtins(card), body=text, html=html, rev=log.next_rev()
        )
        if not changed:
            log.room.rev -= 1
            return None
        return record_message(log, message_id)


def record_message(log: RoomLog, message_id: int) -> Sent:
    message = select_messages(log.room.pk).get(pk=message_id)
    log.record(message.rev, get_message_event_type(message), serialize_message(message))
    return Sent(message.pk, message.seq, message.rev)


def add_author(log: RoomLog, author: User) -> None:
    """Who speaks in a room is in the list of those who are or were in it, so that the page knows the name."""
    from chat.services import record_member

    membership, made = Membership.objects.get_or_create(room=log.room, user=author, defaults={"active": False})
    if made:
        record_member(log, membership)


def handle_card_reply(kind: str, answer: CardReply) -> None:
    """Tells the app whose card it is. Its trouble is not the writer's: the reply is stored."""
    hearer = reply_handlers.get(kind)
    if hearer is None:
        return
    try:
        hearer(answer)
    except Exception:
        logger.exception("A reply to a card of kind %s was not heard", kind)
