"""Messages that another app draws: an alert, a chart, the output of a command. Chat stores, numbers and sends them.

A card is a typed struct with a ``kind``. The page draws it with the function registered for that kind in
``chat/static/chat/cards.js``. Its app may change it in place any number of times: each change takes the room's next
rev, as an edit does. The text beside it is what search finds and what a page shows that does not know the kind.
``message_services.py`` posts and updates cards.
"""

import logging
from collections.abc import Callable
from typing import NamedTuple

import msgspec

logger = logging.getLogger(__name__)


class Card(msgspec.Struct, tag_field="kind", omit_defaults=True):
    """To be subclassed with a ``tag``: the kind."""


class CardReply(NamedTuple):
    """A user's reply to a card."""

    user_id: int
    message_id: int  # of the card
    body: str


ReplyHandler = Callable[[CardReply], None]

reply_handlers: dict[str, ReplyHandler] = {}  # kind -> called with each reply, after it is stored


def handle_card_reply(kind: str, reply: CardReply) -> None:
    """Calls the app that made the card. An error there is logged only: the reply is stored."""
    handler = reply_handlers.get(kind)
    if handler is None:
        return
    try:
        handler(reply)
    except Exception:
        logger.exception("The handler of replies to %s cards failed", kind)
