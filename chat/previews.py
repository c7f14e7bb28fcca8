"""Previews of links in messages. Chat sends them with a message; the app that makes them registers itself here."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from chat.models import Message
from chat.protocol import PreviewState

LINK = '<a href="'  # in the HTML of a message; the attributes of a mention begin otherwise

PreviewsOfMessages = Mapping[int, list[PreviewState]]  # by message, those without previews are left out

preview_readers: list[Callable[[Sequence[int]], PreviewsOfMessages]] = []  # one at most; by the ids of messages


def read_previews_of(messages: Iterable[Message]) -> PreviewsOfMessages:
    """Asks nothing of the database if no message has a link."""
    linking = [message.pk for message in messages if not message.deleted_at and LINK in message.html]
    return preview_readers[-1](linking) if linking and preview_readers else {}
