"""Messages that a search finds, newest first, in the rooms of a user.

The index proposes, the text decides: what was edited since, or has the words of a phrase apart, is left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape

from django.db.models import QuerySet
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from chat import access
from chat.attachments import get_file_keeper
from chat.models import Message, Room
from chat.search.index import (
    TokenQuery,
    find_messages,
    holds,
    list_tokens,
    list_unindexed,
)
from chat.search.query import SearchQuery, parse_query

HITS_PER_PAGE = 20
MAX_READ = 2_000  # messages read for one page of hits; then "Older" goes on from there
MAX_CHARACTERS = 250_000  # of them: a message of 10,000 ligatures takes 10 ms to fold
READ_FIRST, READ_MOST = 25, 400  # at once: more after those that are enough for most queries
MAX_ID = 2**63 - 1
MAX_HTML_LENGTH = 4_000  # characters; longer HTML is not turned into text again: up to a microsecond each
SNIPPET_BEFORE, SNIPPET_AFTER = 60, 140  # characters of the snippet around the first word found


@dataclass(slots=True, frozen=True)
class SearchHit:
    message: Message  # with its author
    snippet: SafeString


@dataclass(slots=True, frozen=True)
class SearchResult:
    hits: list[SearchHit]
    older: int | None  # ``before`` for the next page
    problems: list[str]  # sentences about parts of the query
    is_partial: bool = False  # the index is still being filled


def search_messages(user: User, text: str, room: Room | None = None, before: int | None = None) -> SearchResult:
    """Messages that hold every word, phrase and filter. ``before`` is the id of a message."""
    query = parse_query(user, text)
    if query.problems or not query:
        return SearchResult([], None, query.problems)
    rooms = access.member_rooms(user)
    room_ids = [room.pk] if room else [*rooms.order_by().values_list("pk", flat=True)]
    if not room_ids:
        return SearchResult([], None, [])
    unindexed, is_partial = list_unindexed(room_ids)
    allowed = Message.objects.filter(query.condition, room__in=room_ids, deleted_at=None)
    allowed = allowed.filter(room__in=rooms.values("pk"))
    pattern, token_query = compile_pattern(query), query.make_token_query(room_ids)
    hits: list[SearchHit] = []
    last, read, characters, size = before or MAX_ID, 0, 0, READ_FIRST
    ids = propose_messages(token_query, unindexed, last, size)
    is_complete = len(ids) < size
    while ids and len(hits) <= HITS_PER_PAGE and read < MAX_READ and characters < MAX_CHARACTERS:
        now, ids = ids[:size], ids[size:]
        found, last = [], now[-1]
        names = get_file_keeper().list_names(now)
        for message_id, content in read_texts(allowed, now, names):
            characters += len(content)
            if query.matches(content):
                found.append(message_id)
            if characters >= MAX_CHARACTERS:
                last, ids = message_id, [each for each in now if each < message_id] + ids
                break
        read += len(now)
        hits += [
            SearchHit(message, make_snippet(message, "\n".join(names.get(message.pk, [])), pattern))
            for message in load_messages(allowed.filter(pk__in=found), token_query, unindexed)
        ]
        size = min(READ_MOST, MAX_CHARACTERS // (characters // read + 1))
        if not ids and len(hits) <= HITS_PER_PAGE and not is_complete:
            ids = propose_messages(token_query, unindexed, last, MAX_READ)
            is_complete = len(ids) < MAX_READ
    if len(hits) > HITS_PER_PAGE:
        return SearchResult(hits[:HITS_PER_PAGE], hits[HITS_PER_PAGE - 1].message.pk, [], is_partial)
    return SearchResult(hits, last if ids else None, [], is_partial)


def read_texts(
    messages: QuerySet[Message], message_ids: list[int], names: Mapping[int, list[str]]
) -> Iterator[tuple[int, str]]:
    """The text and the names of the files of each, newest first."""
    texts = messages.filter(pk__in=message_ids).order_by("-pk").values_list("pk", "body")
    for message_id, body in texts:
        yield message_id, "\n".join([body, *names.get(message_id, [])])


def load_messages(messages: QuerySet[Message], query: TokenQuery, unindexed: set[int]) -> list[Message]:
    return drop_without_tokens([*messages.select_related("author").order_by("-pk")], query, unindexed)


def propose_messages(query: TokenQuery, unindexed: set[int], before: int, count: int) -> list[int]:
    """Messages that may match, newest first: those that the index names, and those that it has not read."""
    found = find_messages(query, before, count)
    oldest = found[-1] if len(found) == count else 0
    return sorted({*found, *(message_id for message_id in unindexed if oldest < message_id < before)}, reverse=True)


def drop_without_tokens(messages: list[Message], query: TokenQuery, unindexed: set[int]) -> list[Message]:
    """Tests what the index has not read, and so may have proposed by an older text."""
    tokens = list_tokens([message for message in messages if message.pk in unindexed])
    return [message for message in messages if message.pk not in tokens or holds(query, tokens[message.pk])]


FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def compile_pattern(query: SearchQuery) -> re.Pattern[str]:
    """For what is marked: the terms as they may stand in a message."""
    texts = [spelling.text for term in query.terms for spelling in term.spellings]
    forms = {form for text in texts for form in (text, text.translate(FULL_WIDTH), *find_shortcodes(text)) if form}
    longest_first = sorted(forms, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)", re.IGNORECASE)


def find_shortcodes(sign: str) -> list[str]:
    """``[":tada:", ":party_popper:"]`` for ``"🎉"``."""
    from emoji import EMOJI_DATA

    names = EMOJI_DATA.get(sign, {})
    return [*names.get("alias", []), names["en"]] if names else []


def make_snippet(message: Message, file_names: str, pattern: re.Pattern[str]) -> SafeString:
    """The text around the first match, as readers see it, with every match in ``<mark>``.

    Matches that only the source has, such as the address of a link, are shown in the source, as are very long messages.
    """
    visible = unescape(strip_tags(message.html)) if len(message.html) <= MAX_HTML_LENGTH else ""
    texts = [text for text in (visible, message.body, file_names) if text]
    text = next((text for text in texts if pattern.search(text)), texts[0] if texts else "")
    first = pattern.search(text)
    place = first.start() if first else 0
    begin, end = max(0, place - SNIPPET_BEFORE), place + SNIPPET_AFTER
    cut = ("…" if begin else "", "…" if end < len(text) else "")
    return mark_safe(cut[0] + mark_matches(" ".join(text[begin:end].split()), pattern) + cut[1])  # noqa: S308 - escaped there


def mark_matches(text: str, pattern: re.Pattern[str]) -> str:
    parts, last = [], 0
    for match in pattern.finditer(text):
        parts += [escape(text[last : match.start()]), f"<mark>{escape(match.group())}</mark>"]
        last = match.end()
    parts.append(escape(text[last:]))
    return "".join(parts)
