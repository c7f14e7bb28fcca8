"""JSON of the dashboards beside a conversation."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedRequest
from monitor.dashboards import access, protocol, serializers
from myweb.http import json_response
from realtime.protocol import encode


@require_GET
def list_docks(request: AuthenticatedRequest) -> HttpResponse:
    """JSON list of :class:`Dockable`: all visible dashboards, those of the room ``?room=`` first."""
    room_id = request.GET.get("room", "")
    rooms = access.map_dashboards_to_rooms(request.user)
    docks = [
        protocol.Dockable(item.key, str(item.title), here=room_id == str(rooms[item.key]))
        for item in access.list_dashboards(request.user)
        if item.key in rooms
    ]
    return json_response(encode(sorted(docks, key=lambda dock: not dock.here)))


@require_GET
def show_dock(request: AuthenticatedRequest, key: str) -> HttpResponse:
    """JSON :class:`ShownDashboard`."""
    return json_response(encode(serializers.serialize_view(access.find_dashboard(request.user, key).dashboard)))
