"""Marks on the time axis of dashboards: messages pinned in the user's rooms, and marks of other apps."""

from collections.abc import Callable
from datetime import datetime

from accounts.models import User
from chat.access import member_rooms
from chat.notifications.text import FILES
from monitor.dashboards.automatic import DashboardView
from monitor.dashboards.models import Pin
from monitor.dashboards.protocol import Mark
from myweb.text_cleaning import summarize_html

MAX_MARKS = 100  # of each kind in a range: the newest
MAX_TEXT = 120  # characters

FindMarks = Callable[[User, DashboardView, datetime, datetime], list[Mark]]
mark_finders: list[FindMarks] = []  # added by the AppConfig of other apps


def find_dashboard_marks(user: User, dashboard: DashboardView, start: datetime, end: datetime) -> list[Mark]:
    others = [mark for find_marks in mark_finders for mark in find_marks(user, dashboard, start, end)]
    return sorted([*find_pin_marks(user, start, end), *others], key=lambda mark: mark.at)


def find_pin_marks(user: User, start: datetime, end: datetime) -> list[Mark]:
    """Returns the pins of all rooms that the user is in."""
    pins = Pin.objects.filter(room__in=member_rooms(user).values("pk"), at__range=(start, end))
    return [
        Mark(
            int(pin.at.timestamp()),
            "pin",
            pin.message.author.name,
            summarize_html(pin.message.html or pin.message.body, MAX_TEXT) or FILES,
            pin.room_id,
            pin.message.seq,
        )
        for pin in pins.filter(message__deleted_at=None).select_related("message__author")[:MAX_MARKS]
    ]
