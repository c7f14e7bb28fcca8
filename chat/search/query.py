"""Reads what somebody typed into the search: words, phrases and filters such as ``from:ada``."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat import access
from chat.search.index import Token, TokenQuery, name_author, name_kind, name_mention, name_month, name_room
from chat.search.tokens import fold_text, tokenize_query
from myweb.errors import Refused
from myweb.text_cleaning import normalize_text

MAX_QUERY_LENGTH = 200  # characters of a query that count
MAX_TERMS = 12  # words, phrases and filters
MAX_HANDLES = 5  # people whose names hold a word
MAX_MONTHS = 120  # of a range of days
MAX_ROOMS = 500  # whose tokens are asked for; more are left to the database's join
PART = re.compile(r'(-?)(?:([a-z]+):)?(?:["“„«「]([^"“”„«»「」]+)["”“»」]|(\S+))', re.IGNORECASE)


@dataclass(frozen=True)
class Spelling:
    """A text in which a term is found, with its tokens; without any only reading tells whether a message has it."""

    text: str  # folded
    tokens: tuple[Token, ...]


@dataclass(frozen=True)
class Term:
    spellings: tuple[Spelling, ...]  # one is enough

    def is_in(self, folded: str) -> bool:
        return any(spelling.text in folded for spelling in self.spellings)


@dataclass
class SearchQuery:
    terms: list[Term] = field(default_factory=list)
    excluded_texts: list[str] = field(default_factory=list)  # folded
    clauses: list[list[list[Token]]] = field(default_factory=list)  # of filters
    excluded_tokens: list[Token] = field(default_factory=list)
    condition: Q = field(default_factory=Q)  # of filters, on messages
    problems: list[str] = field(default_factory=list)  # sentences about what could not be read

    def __bool__(self) -> bool:
        return bool(self.terms or self.excluded_texts or self.clauses or self.excluded_tokens or self.condition)

    def add_filter(self, tokens: list[str], *, is_excluded: bool) -> None:
        if is_excluded:
            self.excluded_tokens += map(Token, tokens)
        else:
            self.clauses.append([[Token(token)] for token in tokens])

    def exclude_text(self, text: str) -> None:
        """The index answers for a word. Of a phrase only reading tells whether its words stand together."""
        spelling = make_spelling(text)
        if len(spelling.tokens) == 1 and spelling.text == spelling.tokens[0].text:
            self.excluded_tokens += spelling.tokens
        else:
            self.excluded_texts.append(spelling.text)

    def make_token_query(self, room_ids: list[int]) -> TokenQuery:
        clauses = [
            [list(spelling.tokens) for spelling in term.spellings]
            for term in self.terms
            if all(spelling.tokens for spelling in term.spellings)
        ]
        if len(room_ids) <= MAX_ROOMS or not clauses:
            clauses.append([[Token(name_room(room_id))] for room_id in room_ids])
        return TokenQuery([*self.clauses, *clauses], self.excluded_tokens)

    def matches(self, text: str) -> bool:
        """Whether the text of a message has the terms, whose tokens it has."""
        folded = fold_text(text)
        return all(term.is_in(folded) for term in self.terms) and not any(
            text in folded for text in self.excluded_texts
        )


def parse_query(user: User, text: str) -> SearchQuery:
    query = SearchQuery()
    for minus, name, phrase, word in list_parts(text):
        value, is_excluded = phrase or word, bool(minus)
        read_filter = FILTERS.get(name.lower())
        if read_filter:
            try:
                read_filter(query, user, value, is_excluded)
            except Refused as refused:
                query.problems.append(str(refused))
            continue
        if name:
            value = f"{name}:{value}"
        if is_excluded:
            query.exclude_text(value)
        else:
            query.terms.append(make_term(value, is_unfinished=not phrase))
    return query


def list_parts(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Minus, filter, phrase, word. ``'"disk full" -web'`` is a phrase and an excluded word."""
    parts = PART.findall(normalize_text("NFC", text[:MAX_QUERY_LENGTH]))
    yield from [(minus, name, phrase.strip(), word) for minus, name, phrase, word in parts if phrase.strip() or word][
        :MAX_TERMS
    ]


def make_term(text: str, *, is_unfinished: bool) -> Term:
    handles = User.objects.filter(name__holds_text=text).values_list("handle", flat=True)[:MAX_HANDLES]
    mentions = [make_spelling(f"@{handle}") for handle in handles]
    return Term((make_spelling(text, is_unfinished=is_unfinished), *mentions))


def make_spelling(text: str, *, is_unfinished: bool = False) -> Spelling:
    tokens = (Token(*token) for token in tokenize_query(text, is_unfinished=is_unfinished))
    return Spelling(fold_text(text), tuple(tokens))


# Filters


def read_from(query: SearchQuery, user: User, value: str, is_excluded: bool) -> None:
    person = find_person(user, value)
    query.add_filter([name_author(person.pk)], is_excluded=is_excluded)


def read_mentions(query: SearchQuery, user: User, value: str, is_excluded: bool) -> None:
    person = find_person(user, value)
    query.add_filter([name_mention(person.pk)], is_excluded=is_excluded)


def find_person(user: User, value: str) -> User:
    handle = value.removeprefix("@").casefold()
    if handle in {"me", "我"}:
        return user
    people = User.objects.filter(Q(handle=handle) | Q(name__holds_text=value))[: MAX_HANDLES + 1]
    exact = [person for person in people if person.handle == handle or person.name.casefold() == value.casefold()]
    found = exact or [*people]
    if not found:
        raise Refused("not_found", _("Nobody is called “%(name)s”.") % {"name": value})
    if len(found) > 1:
        names = ", ".join(f"from:{person.handle}" for person in found)
        raise Refused("invalid", _("Several people match “%(name)s”: %(names)s") % {"name": value, "names": names})
    return found[0]


def read_in(query: SearchQuery, user: User, value: str, is_excluded: bool) -> None:
    name = value.removeprefix("#")
    rooms = access.member_rooms(user).filter(name__iexact=name) or access.member_rooms(user).filter(
        name__holds_text=name
    )
    found = list(rooms[:2])
    if not found:
        raise Refused("not_found", _("None of your rooms is called “%(name)s”.") % {"name": name})
    if len(found) > 1:
        raise Refused("invalid", _("Several rooms match “%(name)s”. Type the whole name in quotes.") % {"name": name})
    query.add_filter([name_room(found[0].pk)], is_excluded=is_excluded)


# Other apps add theirs, with a finder in index.py.
KINDS = {"has": ["file", "link", "card"], "is": ["thread", "alert"]}


def make_kind_filter(name: str) -> "ReadFilter":
    def read_kind(query: SearchQuery, _user: User, value: str, is_excluded: bool) -> None:
        if value.lower() not in KINDS[name]:
            known = ", ".join(f"{name}:{kind}" for kind in KINDS[name])
            raise Refused(
                "invalid", _("“%(value)s” is unknown here. Use %(known)s.") % {"value": value, "known": known}
            )
        query.add_filter([name_kind(value.lower())], is_excluded=is_excluded)

    return read_kind


def read_days(query: SearchQuery, first: date | None, last: date | None, *, is_excluded: bool) -> None:
    """Of messages of these days, both included. The index knows months, in one time zone for all."""
    zone, today = timezone.get_current_timezone(), timezone.localdate()
    condition = Q()
    if first:
        condition &= Q(created_at__gte=datetime.combine(first, time(), zone))
    if last:
        condition &= Q(created_at__lt=datetime.combine(last + timedelta(days=1), time(), zone))
    query.condition &= ~condition if is_excluded else condition
    if is_excluded:
        return
    if first:
        months = list_months(first - timedelta(days=1), min(last or today, today) + timedelta(days=1))
        if len(months) <= MAX_MONTHS:
            query.add_filter(months, is_excluded=False)
    elif last:
        query.add_filter(list_months(last + timedelta(days=32), today)[-MAX_MONTHS:], is_excluded=True)


def list_months(first: date, last: date) -> list[str]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    places = (first.year * 12 + first.month - 1 + number for number in range(count))
    return [name_month(place // 12, place % 12 + 1) for place in places]


def parse_day(value: str) -> date:
    today = timezone.localdate()
    named = {"today": 0, "yesterday": 1, "今天": 0, "昨天": 1}
    try:
        day = today - timedelta(days=named[value.lower()]) if value.lower() in named else date.fromisoformat(value)
    except ValueError:
        day = date.min
    if not date(1970, 1, 2) <= day <= date(2999, 1, 1):
        raise Refused(
            "invalid", _("“%(value)s” is no day. Write it as 2026-01-31, today or yesterday.") % {"value": value}
        )
    return day


def read_before(query: SearchQuery, _user: User, value: str, is_excluded: bool) -> None:
    read_days(query, None, parse_day(value) - timedelta(days=1), is_excluded=is_excluded)


def read_after(query: SearchQuery, _user: User, value: str, is_excluded: bool) -> None:
    read_days(query, parse_day(value) + timedelta(days=1), None, is_excluded=is_excluded)


def read_on(query: SearchQuery, _user: User, value: str, is_excluded: bool) -> None:
    day = parse_day(value)
    read_days(query, day, day, is_excluded=is_excluded)


ReadFilter = Callable[[SearchQuery, User, str, bool], None]

FILTERS: dict[str, ReadFilter] = {
    "from": read_from,
    "in": read_in,
    "before": read_before,
    "after": read_after,
    "on": read_on,
    "mentions": read_mentions,
    **{name: make_kind_filter(name) for name in KINDS},
}
