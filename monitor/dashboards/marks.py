"""What stands on the time axis of a dashboard: messages pinned in the viewer's rooms, and what other apps add."""

from collections.abc import Callable
from datetime import datetime
from html import unescape

from django.utils.html import strip_tags

from accounts.models import User
from chat.access import member_rooms
from monitor.dashboards.automatic import Dashboard
from monitor.dashboards.models import Pin
from monitor.dashboards.protocol import Mark

MOST = 100  # of each kind in a range: the newest
WORDS = 120  # characters

FindMarks = Callable[[User, Dashboard, datetime, datetime], list[Mark]]
mark_finders: list[FindMarks] = []  # of the apps above, each added by its AppConfig


def marks_of(user: User, dashboard: Dashboard, start: datetime, end: datetime) -> list[Mark]:
    others = [mark for find_marks in mark_finders for mark in find_marks(user, dashboard, start, end)]
    return sorted([*pinned(user, start, end), *others], key=lambda mark: mark.at)


def pinned(user: User, start: datetime, end: datetime) -> list[Mark]:
    """Being in the room is what it takes."""
    found = Pin.objects.filter(room__in=member_rooms(user).values("pk"), at__range=(start, end))
    return [
        Mark(
            int(each.at.timestamp()),
            "pin",
            each.message.author.name,
            words(each.message.html or each.message.body),
            each.room_id,
            each.message.seq,
        )
        for each in found.filter(message__deleted_at=None).select_related("message__author")[:MOST]
    ]


def words(html: str) -> str:
    text = " ".join(unescape(strip_tags(html)).split())
    return text if len(text) <= WORDS else f"{text[:WORDS]}…"
