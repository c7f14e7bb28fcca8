"""Messages of bots. A bot is no member of a room: the caller decides whether it may post there."""

from uuid import uuid4

from accounts.models import User
from chat.markdown import parse_markdown
from chat.message_validation import IncomingMessage, ParsedBody
from chat.protocol import Sent
from chat.store import store_message


def post_bot_message(bot: User, room_id: int, body: str, reply: int | None = None) -> Sent:
    """Mentions count as in any other message. ``reply`` is the seq of the message that it answers."""
    text = ParsedBody(body, parse_markdown(body))
    return store_message(IncomingMessage(room_id, bot.pk, uuid4(), reply, text, is_trusted=True))
