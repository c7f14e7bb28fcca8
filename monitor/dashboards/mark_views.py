"""JSON of the marks on the time axis of a dashboard, and of the pins of a room."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedRequest
from chat.access import get_room
from monitor.dashboards import access
from monitor.dashboards.history_views import parse_history_range as range_of
from monitor.dashboards.marks import MAX_MARKS, find_dashboard_marks
from monitor.dashboards.models import Pin
from myweb.errors import Refused
from myweb.http import json_error_response, json_response
from myweb.times import to_datetime
from realtime.protocol import encode


@require_GET
def list_marks(request: AuthenticatedRequest, key: str) -> HttpResponse:
    """JSON list of :class:`Mark`, ordered by time."""
    board = access.find_dashboard(request.user, key)
    try:
        first, last, _points = range_of(request)
        start, end = (to_datetime(seconds) for seconds in (first, last))
    except Refused as error:
        return json_error_response(error, 400)
    except (ValueError, OverflowError):
        return json_error_response(Refused("invalid", "from and to must be Unix times in seconds."), 400)
    return json_response(encode(find_dashboard_marks(request.user, board.dashboard, start, end)))


@require_GET
def list_room_pins(request: AuthenticatedRequest, room_id: int) -> HttpResponse:
    """JSON list of the ids of the newest pinned messages of a room."""
    room = get_room(request.user, room_id)
    message_ids = Pin.objects.filter(room=room, message__deleted_at=None).values_list("message_id", flat=True)
    return json_response(encode(list(message_ids[: 10 * MAX_MARKS])))
