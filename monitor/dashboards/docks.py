"""Dashboards beside a conversation, as JSON: which there are, and what one looks like."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from chat.views import SignedIn, as_json
from monitor.dashboards import access, protocol, ticks
from realtime.protocol import encode


@require_GET
def listed(request: SignedIn) -> HttpResponse:
    """JSON list of :class:`Dockable`: all that someone may see, those of the room ``?room=`` first."""
    asked = request.GET.get("room", "")
    rooms = access.rooms_of_boards(request.user)
    found = [
        protocol.Dockable(each.key, str(each.title), here=asked == str(rooms[each.key]))
        for each in access.boards_of(request.user)
        if each.key in rooms
    ]
    return as_json(encode(sorted(found, key=lambda each: not each.here)))


@require_GET
def dock(request: SignedIn, key: str) -> HttpResponse:
    """JSON :class:`Shown`."""
    return as_json(encode(ticks.shown(access.get_board(request.user, key).dashboard)))
