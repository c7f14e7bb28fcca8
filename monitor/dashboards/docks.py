"""Dashboards beside a conversation, as JSON: which there are, and what one looks like."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedRequest
from monitor.dashboards import access, protocol, ticks
from myweb.http import json_response
from realtime.protocol import encode


@require_GET
def listed(request: AuthenticatedRequest) -> HttpResponse:
    """JSON list of :class:`Dockable`: all that someone may see, those of the room ``?room=`` first."""
    asked = request.GET.get("room", "")
    rooms = access.rooms_of_boards(request.user)
    found = [
        protocol.Dockable(each.key, str(each.title), here=asked == str(rooms[each.key]))
        for each in access.boards_of(request.user)
        if each.key in rooms
    ]
    return json_response(encode(sorted(found, key=lambda each: not each.here)))


@require_GET
def dock(request: AuthenticatedRequest, key: str) -> HttpResponse:
    """JSON :class:`Shown`."""
    return json_response(encode(ticks.shown(access.get_board(request.user, key).dashboard)))
