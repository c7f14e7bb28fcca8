"""Messages on their way in: checks them and their length, parses and renders them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from chat.markdown import ParsedMessage, parse_markdown
from chat.role_mentions import get_mentionable_members
from myweb.errors import NotFound, Refused
from myweb.text_cleaning import has_visible_text, normalize_text

MESSAGE_LIMIT = 10_000  # characters of a message
LONGEST_COMPOSITION = 4  # characters that become one in normal form C
MAX_FILES = 10
LINE_BREAK = re.compile(r"[\r\n]")


class ParsedBody(NamedTuple):
    body: str
    parsed: ParsedMessage


@dataclass(slots=True, frozen=True)
class IncomingMessage:
    room_id: int
    author_id: int
    client_id: UUID
    reply: int | None  # a seq
    text: ParsedBody  # parsed before it reaches a transaction: no batch waits for a long message
    card: dict[str, Any] | None = None
    is_trusted: bool = False  # posted by the server itself: the author need not be a member
    files: tuple[UUID, ...] = ()

    @property
    def body(self) -> str:
        return self.text.body


class RenderedMessage(NamedTuple):
    message: IncomingMessage
    html: str
    mentions: list[int]


def parse_incoming(
    room_id: int, author_id: int, client_id: str, body: str, reply: int | None = None, *, files: Sequence[str] = ()
) -> IncomingMessage:
    """Checks and parses what needs no database; raises :class:`Refused`. Long bodies take up to 50 ms."""
    if not 0 < room_id < 2**63:  # no column holds it, and it would take its whole batch down
        raise NotFound
    client_uuid = parse_client_id(client_id)
    if reply is not None and not 0 < reply < 2**63:
        raise NotFound
    file_ids = parse_file_ids(files)
    text = parse_body(body, may_be_empty=bool(file_ids))
    return IncomingMessage(room_id, author_id, client_uuid, reply, text, files=file_ids)


def parse_client_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("invalid", _("client_id must be a UUID.")) from None


def parse_file_ids(files: Sequence[str]) -> tuple[UUID, ...]:
    if len(files) > MAX_FILES:
        raise Refused("invalid", _("A message can have at most %(count)d files.") % {"count": MAX_FILES})
    try:
        return tuple(dict.fromkeys(map(UUID, files)))
    except ValueError:
        raise Refused("invalid", _("The ids of files must be UUIDs.")) from None


def parse_body(body: str, may_be_empty: bool = False) -> ParsedBody:
    """Raises :class:`Refused`. Of a message with files the body may be empty."""
    if may_be_empty and not has_visible_text(body[:MESSAGE_LIMIT]):
        return ParsedBody("", ParsedMessage(("",)))
    body = clean_body(body)
    return ParsedBody(body, parse_markdown(body))


def clean_body(body: str) -> str:
    body = trim_body(body)
    check_body_length(body, MESSAGE_LIMIT * LONGEST_COMPOSITION)
    body = normalize_text("NFC", body)
    check_body_length(body, MESSAGE_LIMIT)
    if not has_visible_text(body):
        raise Refused("invalid", _("The message is empty."))
    check_characters(body)
    return body


def check_characters(text: str) -> None:
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise Refused("invalid", _("The message contains invalid characters."))


def trim_body(body: str) -> str:
    """Strips the body. A body of several lines keeps the indentation of its first line."""
    text = body.strip()
    if not LINE_BREAK.search(text):
        return text
    before = body[: len(body) - len(body.lstrip())]
    return before[len(before.rstrip(" \t")) :] + text


def check_body_length(body: str, limit: int) -> None:
    if len(body) > limit:
        raise Refused(
            "too_long",
            _("The message has %(count)d characters; the limit is %(limit)d.")
            % {"count": len(body), "limit": MESSAGE_LIMIT},
        )


def render_incoming(messages: Iterable[IncomingMessage]) -> list[RenderedMessage]:
    messages = list(messages)
    handles: dict[int, set[str]] = {}
    for message in messages:
        handles.setdefault(message.room_id, set()).update(message.text.parsed.handles)
    people = {room_id: get_mentionable_members(room_id, names) for room_id, names in handles.items()}
    return [RenderedMessage(message, *message.text.parsed.render(people[message.room_id])) for message in messages]


def render_for_room(parsed: ParsedMessage, room_id: int) -> tuple[str, list[int]]:
    """The HTML of a message in this room, and whom it mentions."""
    return parsed.render(get_mentionable_members(room_id, parsed.handles))
