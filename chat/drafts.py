"""Messages before they are stored: checked, parsed, rendered, and their mentions found."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chat import access
from chat.markdown import Mentioned, ParsedMessage, parse_markdown
from chat.models import Membership
from myweb.text import has_visible_text, normalize_text
from realtime.protocol import Refused

LONGEST_COMPOSITION = 4  # characters that become one in normal form C
LINE_BREAK = re.compile(r"[\r\n]")


class ParsedBody(NamedTuple):
    body: str
    parsed: ParsedMessage


@dataclass(slots=True, frozen=True)
class Draft:
    room_id: int
    author_id: int
    client_id: UUID
    reply: int | None  # a seq
    text: ParsedBody  # parsed before the draft reaches a transaction: no batch waits for a long message

    @property
    def body(self) -> str:
        return self.text.body


class Rendered(NamedTuple):
    draft: Draft
    html: str
    mentions: list[int]


def make_draft(room_id: int, author_id: int, client_id: str, body: str, reply: int | None = None) -> Draft:
    """Checks and parses what needs no database; raises :class:`Refused`. Long bodies take up to 50 ms."""
    if not 0 < room_id < 2**63:  # no column holds it, and it would take its whole batch down
        raise access.NotFound
    number = client_uuid(client_id)
    if reply is not None and not 0 < reply < 2**63:
        raise access.NotFound
    return Draft(room_id, author_id, number, reply, parse_body(body))


def client_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("invalid", _("client_id must be a UUID.")) from None


def parse_body(body: str) -> ParsedBody:
    """Raises :class:`Refused`."""
    body = check_body(body)
    return ParsedBody(body, parse_markdown(body))


def check_body(body: str) -> str:
    body = trim_body(body)
    check_length(body, settings.MESSAGE_LIMIT * LONGEST_COMPOSITION)
    body = normalize_text("NFC", body)
    check_length(body, settings.MESSAGE_LIMIT)
    if not has_visible_text(body):
        raise Refused("invalid", _("The message is empty."))
    check_characters(body)
    return body


def check_characters(text: str) -> None:
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise Refused("invalid", _("The message contains invalid characters."))


def trim_body(body: str) -> str:
    """Without space around it; several lines keep the indentation of the first, which is above those below it."""
    text = body.strip()
    if not LINE_BREAK.search(text):
        return text
    before = body[: len(body) - len(body.lstrip())]
    return before[len(before.rstrip(" \t")) :] + text


def check_length(body: str, limit: int) -> None:
    if len(body) > limit:
        raise Refused(
            "too_long",
            _("The message has %(count)d characters; the limit is %(limit)d.")
            % {"count": len(body), "limit": settings.MESSAGE_LIMIT},
        )


def render_all(drafts: Iterable[Draft]) -> list[Rendered]:
    drafts = list(drafts)
    handles: dict[int, set[str]] = {}
    for draft in drafts:
        handles.setdefault(draft.room_id, set()).update(draft.text.parsed.handles)
    people = {room_id: mentionable(room_id, names) for room_id, names in handles.items()}
    return [Rendered(draft, *draft.text.parsed.render(people[draft.room_id])) for draft in drafts]


def render_parsed(parsed: ParsedMessage, room_id: int) -> tuple[str, list[int]]:
    """The HTML of a message in this room, and whom it mentions."""
    return parsed.render(mentionable(room_id, parsed.handles))


def mentionable(room_id: int, handles: Collection[str]) -> dict[str, Mentioned]:
    if not handles:
        return {}
    members = Membership.objects.filter(room=room_id, active=True, user__is_active=True, user__handle__in=handles)
    members = members.select_related("user")
    return {membership.user.handle: Mentioned(membership.user_id, membership.user.name) for membership in members}
