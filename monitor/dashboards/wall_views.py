"""Pages of links for wall screens: creating and revoking them, and the screen itself."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

import myweb
from accounts.forms import CodeForm
from accounts.http import AuthenticatedRequest
from monitor.dashboards import access, services
from monitor.dashboards.layouts import find_layout
from monitor.dashboards.models import Wall
from monitor.dashboards.spec import MAX_TITLE
from monitor.dashboards.strings import STRINGS
from myweb.errors import Refused
from myweb.http import json_response, json_script
from myweb.origins import build_site_url
from realtime.guests import guest_cookie_name
from realtime.protocol import encode

COOKIE_AGE = timedelta(days=400)  # the maximum of browsers; renewed at each visit


@require_http_methods(["GET", "POST"])
def list_walls(request: AuthenticatedRequest) -> HttpResponse:
    """Lists the user's links, for admins all links, with the form for a new one."""
    if request.method == "POST":
        return submit_wall(request)
    boards = access.list_dashboards(request.user)
    titles = {item.key: item.title for item in boards}
    context = {
        "rows": [
            (wall, [titles[key] for key in wall.keys if key in titles], build_wall_link(request, wall))
            for wall in load_own_walls(request)
        ],
        "boards": boards,
        "chosen": request.GET.get("board", ""),
        "limit": MAX_TITLE,
    }
    return render(request, "dashboards/walls.html", context)


def load_own_walls(request: AuthenticatedRequest) -> list[Wall]:
    return list(access.walls_of(request.user))


def build_wall_link(request: AuthenticatedRequest, wall: Wall) -> str:
    """Returns the link only to its creator: an admin may not see everything that it shows."""
    if wall.created_by_id != request.user.pk:
        return ""
    return build_site_url(f"{reverse('wall', args=[wall.pk])}#{wall.token}", request)


def submit_wall(request: AuthenticatedRequest) -> HttpResponse:
    every = request.POST.get("every", "")
    try:
        wall = services.create_wall(
            request.user,
            request.POST.get("name", ""),
            request.POST.getlist("board"),
            int(every) if every.isdecimal() and len(every) < 6 else 30,
        )
    except Refused as refused:
        messages.error(request, str(refused.text))
        return redirect("walls")
    return redirect(f"{reverse('walls')}#wall-{wall.pk}")


@require_POST
def submit_wall_revocation(request: AuthenticatedRequest, number: int) -> HttpResponse:
    services.revoke_wall(access.get_wall(request.user, number))
    messages.success(request, _("Link revoked. Screens that use it stop showing the dashboards."))
    return redirect("walls")


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def show_wall(request: HttpRequest, number: int) -> HttpResponse:
    """Accepts the token from a script. The token is after the # of the link, so that no server log contains it."""
    open_wall = access.list_open_walls().filter(pk=number).first()
    if request.method == "POST":
        form = CodeForm(request.POST)
        if form.is_valid() and open_wall and open_wall.opens_with(form.cleaned_data["code"].rpartition("#")[2]):
            return set_wall_cookie(redirect("wall", number), open_wall)
        return render(request, "dashboards/wall_closed.html", status=410)
    if open_wall and has_wall_cookie(request, open_wall):
        return set_wall_cookie(render_screen(request, open_wall), open_wall)
    return render(request, "dashboards/wall_open.html", {"form": CodeForm()})


@login_not_required
@never_cache
@require_GET
def show_wall_state(request: HttpRequest, number: int) -> HttpResponse:
    """JSON that tells a disconnected screen whether it is current."""
    open_wall = access.list_open_walls().filter(pk=number).first()
    if not open_wall or not has_wall_cookie(request, open_wall):
        return json_response(encode({"open": False, "build": ""}))
    return json_response(encode({"open": True, "build": myweb.__version__}))


def has_wall_cookie(request: HttpRequest, wall: Wall) -> bool:
    return wall.accepts(request.COOKIES.get(guest_cookie_name(wall.pk), ""))


def set_wall_cookie(response: HttpResponse, wall: Wall) -> HttpResponse:
    response.set_cookie(
        guest_cookie_name(wall.pk),
        wall.cookie,
        max_age=COOKIE_AGE,
        secure=guest_cookie_name(wall.pk).startswith("__Host-"),
        httponly=True,
        samesite="Strict",
    )
    return response


def render_screen(request: HttpRequest, wall: Wall) -> HttpResponse:
    keys = access.list_wall_keys(wall)
    boards = [layout.dashboard for key in wall.keys if key in keys and (layout := find_layout(key))]
    config = {
        "number": wall.pk,
        "every": wall.every,
        "build": myweb.__version__,
        "boards": [{"key": board.key, "panels": [{"top": panel.top} for panel in board.panels]} for board in boards],
    }
    context = {
        "wall": wall,
        "boards": boards,
        "data": json_script("page-wall", config),
        "strings": {key: str(text) for key, text in STRINGS.items()},
    }
    return render(request, "dashboards/wall.html", context)
