"""The page of a dashboard. Its values come over the socket, long ranges by HTTP."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

import myweb
from accounts.http import AuthenticatedRequest
from accounts.models import Workspace
from chat import sidebar
from chat.access import get_room
from monitor.dashboards import access, services
from monitor.dashboards.strings import STRINGS
from monitor.metrics import processes as top
from monitor.metrics.access import assignable_rooms, get_source
from monitor.metrics.ingest.services import assign_source
from myweb.errors import Refused
from myweb.http import json_script
from myweb.numbers import parse_number


@require_GET
def boards(request: AuthenticatedRequest) -> HttpResponse:
    mine = access.boards_of(request.user)
    return redirect("dashboard", mine[0].key) if mine else render(request, "dashboards/none.html")


@require_GET
def board(request: AuthenticatedRequest, key: str) -> HttpResponse:
    found = access.get_board(request.user, key)
    panels = [{"top": panel.top} for panel in found.dashboard.panels]
    context = around(request, json_script("page-board", {"key": key, "panels": panels})) | {
        "board": found.dashboard,
        "made": found.made,
        "boards": access.boards_of(request.user),
        "room": found.room,
        "rooms": assignable_rooms(request.user),
        "may_give": services.may_manage(request.user, found.made) if found.made else request.user.is_admin,
    }
    return render(request, "dashboards/board.html", context)


def around(request: AuthenticatedRequest, *blocks: str) -> dict[str, Any]:
    """What every page needs that stands in the house."""
    me = sidebar.read_sidebar(request.user)
    config = {"workspace": Workspace.current().name, "build": myweb.__version__}
    return {
        "me": me,
        "data": "".join([json_script("page-me", me), json_script("page-config", config), *blocks]),
        "strings": {key: str(text) for key, text in STRINGS.items()},
    }


@require_GET
def processes(request: AuthenticatedRequest) -> HttpResponse:
    """The busiest programs, for the dashboard of this machine and whoever sees it."""
    get_source(request.user, "host")
    return render(request, "dashboards/processes.html", {"programs": top.newest()})


@require_POST
def give(request: AuthenticatedRequest, key: str) -> HttpResponse:
    """Decides whose dashboard it is: that of the ``room`` in the form, or of the admins."""
    found = access.get_board(request.user, key)
    number = request.POST.get("room", "")
    room = get_room(request.user, parse_number(number) or 0) if number else None
    try:
        if found.made:
            services.give_dashboard(request.user, found.made, room)
        else:
            assign_source(request.user, get_source(request.user, key), room)
    except Refused as refused:
        raise PermissionDenied(str(refused.text)) from None
    return redirect("dashboard", key)
