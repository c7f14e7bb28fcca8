"""Mentions: finds them, matches handles, and makes the link to the user.

``get_mentionable_members`` in chat/role_mentions.py decides who can be mentioned. No handle is one of
``RESERVED_HANDLES`` in accounts/names.py, such as @all and @here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from accounts.names import HANDLE_LENGTH, fold_handle
from chat.markdown.limits import HANDLE_LIMIT, HTML_LIMIT
from chat.markdown.sanitize import REL

# Not where it goes on like an address: @ada@example.com, @scope/package.
MENTION = re.compile(r"(?<![\w@./\\-])@(\w[\w.\u0300-\u036f-]{0,40}+)(?![@/]\w)")
PLACE = re.compile(r'<span class="mention">@([^<]*)</span>')


class Mentioned:
    """A user who can be mentioned in a room, or several, whom one word such as @oncall names."""

    def __init__(self, user_id: int, name: str, others: "tuple[Mentioned, ...]" = ()) -> None:
        self.user_id, self.name, self.others = user_id, name, others


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """HTML with the texts of possible mentions at its odd places; the members of the room decide who is mentioned."""

    parts: tuple[str, ...]
    handles: frozenset[str] = frozenset()

    def render(self, people: Mapping[str, Mentioned]) -> tuple[str, list[int]]:
        """The HTML of the message, and the ids of the mentioned users. ``people`` are the room's members by handle."""
        named: dict[int, None] = {}
        html = list(self.parts)
        for place in range(1, len(html), 2):
            html[place] = mention_html(html[place], people, named)
        whole = "".join(html)
        if len(whole.encode()) > HTML_LIMIT:  # long names may do that; the users are mentioned all the same
            whole = "".join(f"@{part}" if place % 2 else part for place, part in enumerate(self.parts))
        return whole, list(named)


def place_html(text: str) -> str:
    return f'<span class="mention">@{text}</span>'


@lru_cache(maxsize=2_000)  # folded where a message is parsed, not where it is stored
def possible_handles(text: str) -> tuple[tuple[str, int], ...]:
    """Each with its length in the text, longest first; none is longer than a handle, so that folding is bounded.

    A handle may end inside a word only where scripts without spaces would let it. Folding changes lengths ("ß"), so
    the length is counted before it.
    """
    handles: list[tuple[str, int]] = []
    for end in range(1, len(text) + 1):
        if not may_end(text, end):
            continue
        handle = fold_handle(text[:end])
        if len(handle) > HANDLE_LENGTH:
            break
        handles.append((handle, end))
    return tuple(handles[::-1])


def may_end(text: str, end: int) -> bool:
    return end == len(text) or text[end] in ".-" or ord(text[end]) >= 0x2E80 or ord(text[end - 1]) >= 0x2E80


def handles_of(texts: Iterable[str]) -> frozenset[str]:
    handles: dict[str, None] = {}
    for text in texts:
        if len(handles) < HANDLE_LIMIT:
            handles.update(dict.fromkeys(handle for handle, _length in possible_handles(text)))
    return frozenset(handles)


def mention_link(person: Mentioned) -> str:
    return f'<a class="mention" data-user="{person.user_id}" rel="{REL}">@{escape(person.name)}</a>'


def mention_html(text: str, people: Mapping[str, Mentioned], named: dict[int, None]) -> str:
    for handle, length in possible_handles(text) if people else ():
        if person := people.get(handle):
            mentioned = (person, *person.others)
            named.update(dict.fromkeys(user.user_id for user in mentioned))
            return " ".join(map(mention_link, mentioned)) + text[length:]
    return f"@{text}"
