"""Pages on which people make dashboards and change them: the editor, its preview, and the versions."""

from typing import Any

import msgspec
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedRequest
from accounts.models import User
from chat.access import get_room
from chat.models import Room
from monitor.dashboards import access, services, spec, ticks
from monitor.dashboards.automatic import Dashboard as Drawn
from monitor.dashboards.layouts import of_spec, with_order
from monitor.dashboards.models import Dashboard
from monitor.dashboards.spec import PanelSpec, Spec
from monitor.dashboards.views import around
from monitor.metrics.access import assignable_rooms, get_visible_sources
from monitor.metrics.models import Series
from myweb.errors import NotFound, Refused
from myweb.http import json_error_response, json_response, json_script, read_json_body
from myweb.numbers import parse_number
from realtime.protocol import encode


class Saving(msgspec.Struct):
    """The body of what the editor posts. ``base`` is the version that it began with."""

    spec: msgspec.Raw
    room: int | None = None
    base: int = 0


@require_http_methods(["GET", "POST"])
def new(request: AuthenticatedRequest) -> HttpResponse:
    """An empty one, or a copy of any that one may see, as ``?from=host``."""
    if request.method == "POST":
        return answered(request, None)
    key = request.GET.get("from", "")
    found = access.get_board(request.user, key) if key else None
    title = str(_("New dashboard")) if found is None else str(_("Copy of %(title)s") % {"title": found.dashboard.title})
    draft = Spec(title[: spec.TITLE], copied(found.dashboard) if found else [])
    if found and (found.room or request.user.is_admin):
        return editor(request, draft, found.room)
    room = room_of(request)
    return editor(request, draft, room, undecided=room is None)


def room_of(request: AuthenticatedRequest) -> Room | None:
    """The one in the query, or the only one that there is."""
    rooms = {str(each.pk): each for each in assignable_rooms(request.user)}
    return next(iter(rooms.values())) if len(rooms) == 1 else rooms.get(request.GET.get("room", ""))


@require_http_methods(["GET", "POST"])
def edit(request: AuthenticatedRequest, key: str) -> HttpResponse:
    found = access.get_dashboard(request.user, key)
    if request.method == "POST":
        return answered(request, found)
    return editor(request, spec.stored(found.spec), found.room, found)


def editor(
    request: AuthenticatedRequest,
    draft: Spec,
    room: Room | None,
    made: Dashboard | None = None,
    *,
    undecided: bool = False,
) -> HttpResponse:
    back = reverse("dashboard", args=[made.key]) if made else reverse("dashboards")
    state = {"key": made.key if made else None, "base": made.version if made else 0, "spec": draft, "back": back}
    context = around(request, json_script("page-editor", state)) | {
        "draft": draft,
        "made": made,
        "room": room,
        "undecided": undecided,  # nobody's room is chosen by chance
        "rooms": assignable_rooms(request.user),
        "may_give": made is None or services.may_manage(request.user, made),
        "colours": spec.COLOURS,
        "back": back,
    }
    return render(request, "dashboards/edit.html", context)


def copied(dashboard: Drawn) -> list[PanelSpec]:
    return [
        PanelSpec(str(each.title), list(each.series), str(each.note), each.top, each.colour, each.wide)
        for each in dashboard.panels
    ]


def answered(request: AuthenticatedRequest, found: Dashboard | None) -> HttpResponse:
    """JSON: where the dashboard is, or why it was not saved; 409 if somebody else has saved meanwhile."""
    try:
        made = save(request.user, found, msgspec.json.decode(read_json_body(request), type=Saving))
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        return json_error_response(Refused("malformed", f"{error}."), 400)
    except services.Conflict as conflict:
        latest = conflict.latest
        told = {"number": latest.number, "by": str(latest.by or ""), "at": latest.at.isoformat()}
        return json_response(encode({"error": conflict.answer(), "latest": told}), 409)
    except NotFound as error:
        return json_error_response(error, 404)
    except Refused as error:
        return json_error_response(error, 403 if error.code == "forbidden" else 400)
    return json_response(encode({"url": reverse("dashboard", args=[made.key])}))


def save(by: User, found: Dashboard | None, asked: Saving) -> Dashboard:
    room = get_room(by, asked.room) if asked.room is not None else None
    draft = spec.read(bytes(asked.spec))
    if found is None:
        return services.create_dashboard(by, draft, room)
    with transaction.atomic():
        changed = services.change_dashboard(by, found, draft, base=asked.base)
        services.give_dashboard(by, changed, room)
    return changed


@require_POST
def preview(request: AuthenticatedRequest) -> HttpResponse:
    """JSON :class:`BoardSnapshot` of a draft, as its stream would begin."""
    try:
        draft = spec.read(read_json_body(request))
        services.check_may_show(request.user, draft)
        return json_response(encode(ticks.snapshot_of(with_order(of_spec("draft", draft, 1)))))
    except Refused as error:
        return json_error_response(error, 403 if error.code == "forbidden" else 400)


@require_GET
def series(request: AuthenticatedRequest) -> HttpResponse:
    """JSON: what there is to choose from, by source."""
    found: dict[str, list[list[str]]] = {}
    rows = Series.objects.filter(source__in=get_visible_sources(request.user)).order_by("source_id", "name")
    for source, name, unit in rows.values_list("source__key", "name", "unit"):
        found.setdefault(source, []).append([name, unit])
    titles = {each.key: str(each.title) for each in access.boards_of(request.user)}
    known = [{"key": key, "title": titles.get(key, key), "series": names} for key, names in found.items()]
    return json_response(encode({"sources": known}))


@require_GET
def export(request: AuthenticatedRequest, key: str) -> HttpResponse:
    """The JSON of any dashboard, to keep as configuration; automatic ones, too."""
    found = access.get_board(request.user, key)
    draft = spec.stored(found.made.spec) if found.made else Spec(str(found.dashboard.title), copied(found.dashboard))
    answer = HttpResponse(spec.written(draft), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{key}.json"'
    return answer


@require_GET
def versions(request: AuthenticatedRequest, key: str) -> HttpResponse:
    found = access.get_dashboard(request.user, key)
    kept = list(found.versions.select_related("by"))
    context: dict[str, Any] = {
        "dashboard": found,
        "rows": [(each, spec.stored(each.spec)) for each in kept],
        "may_delete": services.may_manage(request.user, found),
    }
    return render(request, "dashboards/versions.html", context)


@require_POST
def restore(request: AuthenticatedRequest, key: str) -> HttpResponse:
    found = access.get_dashboard(request.user, key)
    number = request.POST.get("number", "")
    try:
        services.restore(request.user, found, parse_number(number) or 0)
        messages.success(request, _("Version %(number)s was restored.") % {"number": number})
    except NotFound:
        raise
    except Refused as error:
        messages.error(request, str(error.text))
    return redirect("dashboard_versions", key)


@require_POST
def delete(request: AuthenticatedRequest, key: str) -> HttpResponse:
    found = access.get_dashboard(request.user, key)
    try:
        services.delete_dashboard(request.user, found)
    except Refused as error:
        messages.error(request, str(error.text))
        return redirect("dashboard_versions", key)
    return redirect("dashboards")
