"""Finding what was said, in one's own rooms only. Substrings are looked for, so every script is searched alike.

PostgreSQL answers from a trigram index (migration 0002); SQLite reads through.
"""

import re
from dataclasses import dataclass
from html import unescape

from django.db.models import QuerySet
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from chat import access
from chat.models import Message, Room

PAGE = 20  # hits
LONGEST = 200  # characters of a query that count
LARGE = 4_000  # characters of HTML; what is longer is not turned into text again, which takes up to a microsecond each
BEFORE, AFTER = 60, 140  # characters of the snippet around the first word found


@dataclass(slots=True, frozen=True)
class Hit:
    message: Message  # with its author and room
    snippet: SafeString

    @property
    def room(self) -> Room:
        return self.message.room


@dataclass(slots=True, frozen=True)
class Found:
    hits: list[Hit]
    older: int | None  # ``before`` for the next page


def search(user: User, query: str, room: Room | None = None, before: int | None = None) -> Found:
    """Messages that hold every word of the query, newest first. ``before`` is the id of a message."""
    words = query[:LONGEST].split()[:8]
    if not words:
        return Found([], None)
    found: QuerySet[Message] = Message.objects.filter(room__in=access.member_rooms(user), deleted_at=None)
    if room:
        found = found.filter(room=room)
    if before:
        found = found.filter(pk__lt=before)
    for word in words:
        found = found.filter(body__icontains=word)
    page = list(found.select_related("author", "room").order_by("-pk")[: PAGE + 1])
    hits = [Hit(message, snippet(message, words)) for message in page[:PAGE]]
    return Found(hits, page[PAGE - 1].pk if len(page) > PAGE else None)


def snippet(message: Message, words: list[str]) -> SafeString:
    """The neighbourhood of the first word found, as readers see it, with every found word in ``<mark>``.

    What only the source holds, such as the address of a link, is shown in the source, and so are very long messages.
    """
    pattern = re.compile("|".join(re.escape(word) for word in words), re.IGNORECASE)
    read = unescape(strip_tags(message.html)) if len(message.html) <= LARGE else ""
    text = read if pattern.search(read) else message.body
    first = pattern.search(text)
    place = first.start() if first else 0
    begin, end = max(0, place - BEFORE), place + AFTER
    cut = ("…" if begin else "", "…" if end < len(text) else "")
    return mark_safe(cut[0] + _marked(" ".join(text[begin:end].split()), pattern) + cut[1])  # noqa: S308 - escaped there


def _marked(text: str, pattern: re.Pattern[str]) -> str:
    parts, last = [], 0
    for match in pattern.finditer(text):
        parts += [escape(text[last : match.start()]), f"<mark>{escape(match.group())}</mark>"]
        last = match.end()
    parts.append(escape(text[last:]))
    return "".join(parts)
