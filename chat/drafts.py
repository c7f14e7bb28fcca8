"""Messages before they are stored: checked, rendered, and their mentions found."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chat import access, markdown
from chat.models import Membership
from realtime.protocol import Refused


@dataclass(slots=True, frozen=True)
class Draft:
    room_id: int
    author_id: int
    client_id: UUID
    body: str
    reply: int | None = None  # a seq


class Rendered(NamedTuple):
    draft: Draft
    html: str
    mentions: list[int]


def make_draft(room_id: int, author_id: int, client_id: str, body: str, reply: int | None = None) -> Draft:
    """Checks what can be checked without the database; raises :class:`Refused`."""
    if not 0 < room_id < 2**63:  # no column holds it, and it would take its whole batch down
        raise access.NotFound
    number = client_uuid(client_id)
    if reply is not None and not 0 < reply < 2**63:
        raise access.NotFound
    return Draft(room_id, author_id, number, check_body(body), reply)


def client_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("invalid", _("client_id must be a UUID.")) from None


def check_body(body: str) -> str:
    body = unicodedata.normalize("NFC", body.strip())
    if not body:
        raise Refused("invalid", _("The message is empty."))
    if len(body) > settings.MESSAGE_LIMIT:
        raise Refused(
            "too_long",
            _("The message has %(count)d characters; %(limit)d are allowed.")
            % {"count": len(body), "limit": settings.MESSAGE_LIMIT},
        )
    if "\x00" in body or any("\ud800" <= sign <= "\udfff" for sign in body):
        raise Refused("invalid", _("The message holds characters that are no text."))
    return body


def render_all(drafts: Iterable[Draft]) -> list[Rendered]:
    drafts = list(drafts)
    people = {room_id: mentionable(room_id, bodies) for room_id, bodies in by_room(drafts).items()}
    return [Rendered(draft, *markdown.render(draft.body, people[draft.room_id])) for draft in drafts]


def by_room(drafts: Iterable[Draft]) -> dict[int, list[str]]:
    bodies: dict[int, list[str]] = {}
    for draft in drafts:
        bodies.setdefault(draft.room_id, []).append(draft.body)
    return bodies


def mentionable(room_id: int, bodies: Iterable[str]) -> dict[str, markdown.Mentioned]:
    handles = {handle for body in bodies if "@" in body for handle in markdown.handles_in(body)}
    if not handles:
        return {}
    members = Membership.objects.filter(
        room=room_id, active=True, user__is_active=True, user__handle__in=handles
    ).select_related("user")
    return {
        each.user.handle: markdown.Mentioned(each.user_id, each.user.name) for each in members.select_related("user")
    }
