"""Message search in the rooms of a user. It matches substrings, so it works alike in every script.

PostgreSQL answers from a trigram index (migration 0002); SQLite reads through, the newest messages first.
"""

import re
import sqlite3
from dataclasses import dataclass
from functools import reduce
from html import unescape
from operator import or_
from typing import Any

from django.db.models import CharField, Q, QuerySet, TextField
from django.db.models.lookups import IContains
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from accounts.names import fold_handle
from chat import access
from chat.models import Message, Room
from myweb.text_cleaning import normalize_text

HITS_PER_PAGE = 20  # hits
MAX_QUERY_LENGTH = 200  # characters of a query that count
MAX_HTML_LENGTH = 4_000  # characters; longer HTML is not turned into text again: up to a microsecond each
MAX_TERMS = 8  # words and phrases of a query
MAX_HANDLES = 5  # people whose names hold a word
SNIPPET_BEFORE, SNIPPET_AFTER = 60, 140  # characters of the snippet around the first word found
TERM = re.compile(r'["“„«「]([^"“”„«»「」]+)["”“»」]|(\S+)')
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@dataclass(slots=True, frozen=True)
class SearchHit:
    message: Message  # with its author and room
    snippet: SafeString

    @property
    def room(self) -> Room:
        return self.message.room


@dataclass(slots=True, frozen=True)
class SearchResult:
    hits: list[SearchHit]
    older: int | None  # ``before`` for the next page


class HoldsText(IContains):
    """``icontains`` for every script: SQLite's own LIKE knows no case but that of ASCII, and no normal forms."""

    lookup_name = "holds_text"

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, values = self.process_lhs(compiler, connection)
        return f"instr(fold_text({column}), %s) > 0", [*values, fold_handle(str(self.rhs))]

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        """Databases know their operators by the names of Django's own lookups."""
        return IContains(self.lhs, self.rhs).as_sql(compiler, connection)


TextField.register_lookup(HoldsText)
CharField.register_lookup(HoldsText)


def add_sqlite_functions(connection: Any, **_signal: Any) -> None:
    """For each new connection to SQLite: what :class:`HoldsText` calls there."""
    if isinstance(connection.connection, sqlite3.Connection):
        connection.connection.create_function("fold_text", 1, fold_handle, deterministic=True)


def search_messages(user: User, query: str, room: Room | None = None, before: int | None = None) -> SearchResult:
    """Messages that hold every word and every quoted phrase, newest first. ``before`` is the id of a message."""
    terms = split_terms(query[:MAX_QUERY_LENGTH])
    if not terms:
        return SearchResult([], None)
    messages: QuerySet[Message] = Message.objects.filter(room__in=access.member_rooms(user), deleted_at=None)
    if room:
        messages = messages.filter(room=room)
    if before:
        messages = messages.filter(pk__lt=before)
    spellings = [list_spellings(term) for term in terms]
    for forms in spellings:
        messages = messages.filter(reduce(or_, (Q(body__holds_text=form) for form in forms)))
    page = list(messages.select_related("author", "room").order_by("-pk")[: HITS_PER_PAGE + 1])
    pattern = re.compile("|".join(re.escape(form) for forms in spellings for form in forms), re.IGNORECASE)
    hits = [SearchHit(message, make_snippet(message, pattern)) for message in page[:HITS_PER_PAGE]]
    return SearchResult(hits, page[HITS_PER_PAGE - 1].pk if len(page) > HITS_PER_PAGE else None)


def split_terms(query: str) -> list[str]:
    """``'"disk full" web'`` is ``["disk full", "web"]``; a quotation mark without its partner is a sign like others."""
    texts = [phrase or word for phrase, word in TERM.findall(normalize_text("NFC", query))]
    return [term for term in (text.strip() for text in texts) if term][:MAX_TERMS]


def list_spellings(term: str) -> list[str]:
    """What may stand in a message where its readers see ``term``: other widths, shortcodes, handles for names."""
    narrow = normalize_text("NFKC", term)
    bare = term.replace("\ufe0f", "") or term  # an emoji looks alike without it
    spellings = [term, bare, narrow, narrow.translate(FULL_WIDTH), *find_shortcodes(term)]
    handles = User.objects.filter(name__holds_text=term).values_list("handle", flat=True)[:MAX_HANDLES]
    return list(dict.fromkeys([*spellings, *(f"@{handle}" for handle in handles)]))


def find_shortcodes(term: str) -> list[str]:
    """``["🎉"]`` for ``":tada:"``, and the other way round."""
    from emoji import EMOJI_DATA, emojize

    if re.fullmatch(r":[\w+-]{1,60}:", term):
        sign = emojize(term, language="alias")
        return [sign] if sign != term else []
    names = EMOJI_DATA.get(term, {})
    return [*names.get("alias", []), names["en"]] if names else []


def make_snippet(message: Message, pattern: re.Pattern[str]) -> SafeString:
    """The text around the first match, as readers see it, with every match in ``<mark>``.

    Matches that only the source has, such as the address of a link, are shown in the source, as are very long messages.
    """
    visible = unescape(strip_tags(message.html)) if len(message.html) <= MAX_HTML_LENGTH else ""
    text = visible if pattern.search(visible) else message.body
    first = pattern.search(text)
    place = first.start() if first else 0
    begin, end = max(0, place - SNIPPET_BEFORE), place + SNIPPET_AFTER
    cut = ("…" if begin else "", "…" if end < len(text) else "")
    return mark_safe(cut[0] + _mark_matches(" ".join(text[begin:end].split()), pattern) + cut[1])  # noqa: S308 - escaped there


def _mark_matches(text: str, pattern: re.Pattern[str]) -> str:
    parts, last = [], 0
    for match in pattern.finditer(text):
        parts += [escape(text[last : match.start()]), f"<mark>{escape(match.group())}</mark>"]
        last = match.end()
    parts.append(escape(text[last:]))
    return "".join(parts)
