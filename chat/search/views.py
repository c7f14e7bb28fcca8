"""The page of search: messages of the user's rooms, and what else is called so."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from accounts.http import AuthenticatedRequest
from accounts.models import User
from chat import access
from chat.palette import list_palette, make_group
from chat.protocol import PaletteEntry, PaletteGroup
from chat.room_views import make_room_titles
from chat.search.query import list_parts
from chat.search.results import SearchHit, search_messages
from chat.search.suggestions import list_filters
from chat.search.tokens import fold_text
from myweb.numbers import parse_number

COMMANDS = {"action", "rare", "page", "settings"}  # groups of the palette that hold nothing to find
ENTRIES = 5  # of a group


@require_safe
def show_search(request: AuthenticatedRequest) -> HttpResponse:
    """``q`` holds the words; ``room`` restricts to one room; ``before`` asks for older messages."""
    values = (request.GET.get(name, "") for name in ("q", "room", "before"))
    query, room_id, before = (value.replace("\0", "").strip() for value in values)  # PostgreSQL takes no NUL
    number = parse_number(room_id)
    room = access.get_room(request.user, number) if number is not None else None
    result = search_messages(request.user, query, room, parse_number(before))
    inside = [listed for listed in access.list_rooms(request.user) if listed.inside]
    titles = make_room_titles(inside, request.user)
    context = {
        "query": query,
        "room": room,
        "room_title": titles.get(room.pk) if room else "",
        "runs": group_hits(result.hits, titles),
        "older": result.older,
        "filters": list_filters(inside),
        "problems": result.problems,
        "is_partial": result.is_partial,
        "paged": bool(before),
        "groups": [] if room or before else [*find_groups(request.user, query, titles)],
    }
    return render(request, "chat/search.html", context)


def group_hits(hits: list[SearchHit], titles: Mapping[int, str]) -> list[tuple[str, list[SearchHit]]]:
    """Those that follow each other in a room, with the title of the room."""
    runs = groupby(hits, lambda hit: hit.message.room_id)
    return [(titles.get(room_id, ""), [*run]) for room_id, run in runs]


def find_groups(user: User, query: str, titles: Mapping[int, str]) -> Iterator[PaletteGroup]:
    """Rooms, people and the things of other apps whose names hold all words; none for a query with filters."""
    parts = [*list_parts(query)]
    if not parts or any(minus or name for minus, name, _phrase, _word in parts):
        return
    words = [fold_text(phrase or word) for _minus, _name, phrase, word in parts]
    for group in [make_room_group(titles), *list_palette(user)]:
        if group.kind in COMMANDS:
            continue
        found = [entry for entry in group.entries if all(word in fold_text(describe(entry)) for word in words)]
        if found:
            yield PaletteGroup(group.kind, group.label, group.icon, found[:ENTRIES])


def describe(entry: PaletteEntry) -> str:
    return f"{entry.name} {entry.hint} {entry.words}"


def make_room_group(titles: Mapping[int, str]) -> PaletteGroup:
    entries = (PaletteEntry(title, reverse("room", args=[room_id])) for room_id, title in titles.items())
    return make_group("room", pgettext("kind in the palette", "Room"), "hash", entries)
