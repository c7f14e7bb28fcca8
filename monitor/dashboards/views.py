"""The page of a dashboard. Values come over the socket, long ranges by HTTP."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import list_admins
from accounts.http import AuthenticatedRequest
from chat.access import get_room
from monitor.dashboards import access, services
from monitor.dashboards.ranges import RANGES
from monitor.dashboards.strings import STRINGS
from monitor.metrics import processes as top
from monitor.metrics.access import assignable_rooms, get_source
from monitor.metrics.ingest.services import assign_source
from myweb.errors import Refused
from myweb.http import json_script
from myweb.numbers import parse_number


@require_GET
def redirect_to_first(request: AuthenticatedRequest) -> HttpResponse:
    items = access.list_dashboards(request.user)
    if items:
        return redirect("dashboard", items[0].key)
    return render(request, "dashboards/none.html", {"admins": list_admins()[: access.NAMED_ADMINS]})


@require_GET
def show_dashboard(request: AuthenticatedRequest, key: str) -> HttpResponse:
    accessible = access.find_dashboard(request.user, key)
    panels = [{"top": panel.top} for panel in accessible.dashboard.panels]
    context = build_page_context(json_script("page-board", {"key": key, "panels": panels})) | {
        "board": accessible.dashboard,
        "custom": accessible.custom,
        "boards": access.list_dashboards(request.user),
        "ranges": RANGES,
        "room": accessible.room,
        "rooms": assignable_rooms(request.user),
        "may_give": access.may_manage(request.user, accessible.custom) if accessible.custom else request.user.is_admin,
    }
    return render(request, "dashboards/board.html", context)


def build_page_context(*blocks: str) -> dict[str, Any]:
    """The context that all dashboard pages need."""
    return {"data": "".join(blocks), "strings": {key: str(text) for key, text in STRINGS.items()}}


@require_GET
def show_processes(request: AuthenticatedRequest) -> HttpResponse:
    """The busiest programs, for users who can see the dashboard of this machine."""
    get_source(request.user, "host")
    return render(request, "dashboards/processes.html", {"programs": top.get_top_processes()})


@require_POST
def submit_dashboard_room(request: AuthenticatedRequest, key: str) -> HttpResponse:
    """Assigns the dashboard to the ``room`` in the form, or to the admins."""
    accessible = access.find_dashboard(request.user, key)
    number = request.POST.get("room", "")
    room = get_room(request.user, parse_number(number) or 0) if number else None
    try:
        if accessible.custom:
            services.assign_dashboard(request.user, accessible.custom, room)
        else:
            assign_source(request.user, get_source(request.user, key), room)
    except Refused as refused:
        raise PermissionDenied(str(refused.text)) from None
    return redirect("dashboard", key)
