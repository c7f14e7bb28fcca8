"""What stands on the time axis of a dashboard: pinned messages and alerts, of the rooms that its viewer is in."""

from datetime import UTC, datetime
from html import unescape

from django.http import HttpResponse
from django.utils.html import strip_tags
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedRequest
from accounts.models import User
from chat.access import get_room, member_rooms
from monitor.alerts.access import alerts_of
from monitor.alerts.models import Alert
from monitor.dashboards import access
from monitor.dashboards.automatic import Dashboard
from monitor.dashboards.history_views import asked as range_of
from monitor.dashboards.models import Pin
from monitor.dashboards.protocol import Mark
from monitor.metrics.name_patterns import fits_any
from myweb.errors import Refused
from myweb.http import json_error_response, json_response
from realtime.protocol import encode

MOST = 100  # of each kind in a range: the newest
WORDS = 120  # characters


def marks_of(user: User, dashboard: Dashboard, start: datetime, end: datetime) -> list[Mark]:
    return sorted([*pinned(user, start, end), *fired(user, dashboard, start, end)], key=lambda each: each.at)


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


def fired(user: User, dashboard: Dashboard, start: datetime, end: datetime) -> list[Mark]:
    """The alerts of what the dashboard shows, where they began, and those that came from outside."""
    alerts = alerts_of(user).filter(began_at__range=(start, end)).select_related("rule", "message")
    found = [each for each in alerts if concerns(each, dashboard)]
    return [
        Mark(
            int(each.began_at.timestamp()),
            "alert",
            "",
            each.title,
            each.room_id,
            each.message.seq if each.message else None,
            each.severity,
        )
        for each in found[:MOST]
    ]


def concerns(alert: Alert, dashboard: Dashboard) -> bool:
    return alert.rule is None or any(fits_any(source, alert.rule.source) for source in dashboard.sources)


def words(html: str) -> str:
    text = " ".join(unescape(strip_tags(html)).split())
    return text if len(text) <= WORDS else f"{text[:WORDS]}…"


@require_GET
def board_marks(request: AuthenticatedRequest, key: str) -> HttpResponse:
    """JSON list of :class:`Mark`, by time."""
    board = access.get_board(request.user, key)
    try:
        first, last, _points = range_of(request)
        start, end = (datetime.fromtimestamp(each, UTC) for each in (first, last))
    except Refused as error:
        return json_error_response(error, 400)
    except (ValueError, OverflowError):
        return json_error_response(Refused("invalid", "from and to must be Unix times in seconds."), 400)
    return json_response(encode(marks_of(request.user, board.dashboard, start, end)))


@require_GET
def room_pins(request: AuthenticatedRequest, room_id: int) -> HttpResponse:
    """JSON list: the numbers of a room's pinned messages, the newest."""
    room = get_room(request.user, room_id)
    found = Pin.objects.filter(room=room, message__deleted_at=None).values_list("message_id", flat=True)
    return json_response(encode(list(found[: 10 * MOST])))
