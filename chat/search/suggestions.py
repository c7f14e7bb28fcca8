"""What the search box offers while somebody types: filters and the values that they take."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TypedDict

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import access as accounts_access
from chat.room_list import ListedRoom
from chat.search.query import KINDS

MAX_VALUES = 500  # of a filter


class SearchFilter(TypedDict):
    name: str
    hint: str
    example: str
    values: list[tuple[str, str]]  # each with what it is called


def list_filters(rooms_inside: Iterable[ListedRoom]) -> list[SearchFilter]:
    people = [("me", _("you")), *accounts_access.find_users().values_list("handle", "name")[:MAX_VALUES]]
    rooms = [(room.name, "") for room in rooms_inside if room.name][:MAX_VALUES]
    today = timezone.localdate()
    days = [("today", ""), ("yesterday", ""), ((today - timedelta(days=7)).isoformat(), ""), (f"{today:%Y-%m}-01", "")]
    return [
        make_filter("from", _("written by this person"), people),
        make_filter("in", _("in this room"), rooms),
        make_filter("mentions", _("that mention this person"), people),
        make_filter("after", _("after this day"), days[2:]),
        make_filter("before", _("before this day"), days),
        make_filter("on", _("of this day"), days),
        make_filter("has", _("with a file, a link, or a card such as a chart"), [(kind, "") for kind in KINDS["has"]]),
        make_filter("is", _("replies, pinned messages, alerts"), [(kind, "") for kind in KINDS["is"]]),
    ]


def make_filter(name: str, hint: str, values: list[tuple[str, str]]) -> SearchFilter:
    return {"name": name, "hint": hint, "example": values[0][0] if values else "", "values": values}
