"""The page of a dashboard. Its values come over the socket, long ranges by HTTP."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

import myweb
from accounts.models import House
from chat import sidebar, stencil
from chat.access import get_room, member_rooms
from chat.models import Room
from chat.views import SignedIn
from monitor import access, services
from monitor.dashboards import AUTOMATIC, Dashboard
from monitor.strings import STRINGS


@require_GET
def boards(request: SignedIn) -> HttpResponse:
    mine = boards_of(request)
    return redirect("dashboard", mine[0].key) if mine else render(request, "monitor/none.html")


@require_GET
def board(request: SignedIn, key: str) -> HttpResponse:
    source = access.get_source(request.user, key)
    me = sidebar.me(request.user)
    blocks = [
        stencil.block("page-me", me),
        stencil.block("page-config", {"house": House.current().name, "build": myweb.__version__}),
        stencil.block("page-board", {"key": key, "panels": [{"top": panel.top} for panel in AUTOMATIC[key].panels]}),
    ]
    context: dict[str, Any] = {
        "board": AUTOMATIC[key],
        "boards": boards_of(request),
        "room": source.room,
        "rooms": member_rooms(request.user).exclude(kind=Room.Kind.DIRECT).filter(archived_at=None),
        "me": me,
        "data": "".join(blocks),
        "strings": {key: str(text) for key, text in STRINGS.items()},
    }
    return render(request, "monitor/board.html", context)


@require_POST
def give(request: SignedIn, key: str) -> HttpResponse:
    """Decides whose dashboard it is: that of the ``room`` in the form, or of the admins."""
    source = access.get_source(request.user, key)
    room = request.POST.get("room", "")
    services.give(request.user, source, get_room(request.user, int(room)) if room.isdecimal() else None)
    return redirect("dashboard", key)


def boards_of(request: SignedIn) -> list[Dashboard]:
    mine = set(access.sources_of(request.user).values_list("key", flat=True))
    return [board for key, board in AUTOMATIC.items() if key in mine]
