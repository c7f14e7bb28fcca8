"""Pages that create and edit dashboards: the editor, its preview and the versions."""

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
from monitor.dashboards import access, serializers, services, spec
from monitor.dashboards.automatic import DashboardView
from monitor.dashboards.layouts import build_dashboard_layout, view_spec
from monitor.dashboards.models import Dashboard
from monitor.dashboards.spec import PanelSpec, Spec
from monitor.dashboards.views import build_page_context
from monitor.metrics.access import assignable_rooms, get_visible_sources
from monitor.metrics.models import Series
from myweb.errors import NotFound, Refused
from myweb.http import json_error_response, json_response, json_script, read_json_body
from myweb.numbers import parse_number
from realtime.protocol import encode


class SaveRequest(msgspec.Struct):
    """The body of a save request of the editor. ``base`` is the version that was edited."""

    spec: msgspec.Raw
    room: int | None = None
    base: int = 0


@require_http_methods(["GET", "POST"])
def show_new_dashboard(request: AuthenticatedRequest) -> HttpResponse:
    """Opens an empty dashboard, or a copy of the one in ``?from=host``."""
    if request.method == "POST":
        return respond_to_save(request, None)
    key = request.GET.get("from", "")
    original = access.find_dashboard(request.user, key) if key else None
    title = (
        str(_("New dashboard"))
        if original is None
        else str(_("Copy of %(title)s") % {"title": original.dashboard.title})
    )
    draft_spec = Spec(title[: spec.MAX_TITLE], copy_panels(original.dashboard) if original else [])
    if original and (original.room or request.user.is_admin):
        return render_editor(request, draft_spec, original.room)
    room = find_initial_room(request)
    return render_editor(request, draft_spec, room, undecided=room is None)


def find_initial_room(request: AuthenticatedRequest) -> Room | None:
    """Returns the room in the query, or the only one."""
    rooms = {str(room.pk): room for room in assignable_rooms(request.user)}
    return next(iter(rooms.values())) if len(rooms) == 1 else rooms.get(request.GET.get("room", ""))


@require_http_methods(["GET", "POST"])
def edit_dashboard(request: AuthenticatedRequest, key: str) -> HttpResponse:
    dashboard = access.get_custom_dashboard(request.user, key)
    if request.method == "POST":
        return respond_to_save(request, dashboard)
    return render_editor(request, spec.load_spec(dashboard.spec), dashboard.room, dashboard)


def render_editor(
    request: AuthenticatedRequest,
    draft: Spec,
    room: Room | None,
    custom: Dashboard | None = None,
    *,
    undecided: bool = False,
) -> HttpResponse:
    back = reverse("dashboard", args=[custom.key]) if custom else reverse("dashboards")
    state = {
        "key": custom.key if custom else None,
        "base": custom.version if custom else 0,
        "spec": draft,
        "back": back,
    }
    context = build_page_context(json_script("page-editor", state)) | {
        "draft": draft,
        "custom": custom,
        "room": room,
        "undecided": undecided,  # no room is selected by default
        "rooms": assignable_rooms(request.user),
        "may_give": custom is None or access.may_manage(request.user, custom),
        "colours": spec.COLOURS,
        "back": back,
    }
    return render(request, "dashboards/edit.html", context)


def copy_panels(dashboard: DashboardView) -> list[PanelSpec]:
    return [
        PanelSpec(str(panel.title), list(panel.series), str(panel.note), panel.top, panel.colour, panel.wide)
        for panel in dashboard.panels
    ]


def respond_to_save(request: AuthenticatedRequest, dashboard: Dashboard | None) -> HttpResponse:
    """Returns JSON: the URL of the dashboard, or an error; 409 if another user saved meanwhile."""
    try:
        saved = save_dashboard(request.user, dashboard, msgspec.json.decode(read_json_body(request), type=SaveRequest))
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        return json_error_response(Refused("malformed", f"{error}."), 400)
    except services.VersionConflict as conflict:
        latest = conflict.latest
        version = {"number": latest.number, "by": str(latest.by or ""), "at": latest.at.isoformat()}
        return json_response(encode({"error": conflict.answer(), "latest": version}), 409)
    except NotFound as error:
        return json_error_response(error, 404)
    except Refused as error:
        return json_error_response(error, 403 if error.code == "forbidden" else 400)
    return json_response(encode({"url": reverse("dashboard", args=[saved.key])}))


def save_dashboard(by: User, dashboard: Dashboard | None, save_request: SaveRequest) -> Dashboard:
    room = get_room(by, save_request.room) if save_request.room is not None else None
    draft = spec.parse_spec(bytes(save_request.spec))
    if dashboard is None:
        return services.create_dashboard(by, draft, room)
    with transaction.atomic():
        changed = services.change_dashboard(by, dashboard, draft, base=save_request.base)
        services.assign_dashboard(by, changed, room)
    return changed


@require_POST
def show_draft_preview(request: AuthenticatedRequest) -> HttpResponse:
    """JSON :class:`BoardSnapshot` of a draft."""
    try:
        draft = spec.parse_spec(read_json_body(request))
        access.check_may_show(request.user, draft)
        return json_response(
            encode(serializers.serialize_snapshot(build_dashboard_layout(view_spec("draft", draft, 1))))
        )
    except Refused as error:
        return json_error_response(error, 403 if error.code == "forbidden" else 400)


@require_GET
def list_series(request: AuthenticatedRequest) -> HttpResponse:
    """JSON of the visible series, by source."""
    series_by_source: dict[str, list[list[str]]] = {}
    rows = Series.objects.filter(source__in=get_visible_sources(request.user)).order_by("source_id", "name")
    for source, name, unit in rows.values_list("source__key", "name", "unit"):
        series_by_source.setdefault(source, []).append([name, unit])
    titles = {item.key: str(item.title) for item in access.list_dashboards(request.user)}
    known = [{"key": key, "title": titles.get(key, key), "series": names} for key, names in series_by_source.items()]
    return json_response(encode({"sources": known}))


@require_GET
def export_dashboard(request: AuthenticatedRequest, key: str) -> HttpResponse:
    """The JSON of any dashboard as a configuration file, including automatic ones."""
    exported = access.find_dashboard(request.user, key)
    draft = (
        spec.load_spec(exported.custom.spec)
        if exported.custom
        else Spec(str(exported.dashboard.title), copy_panels(exported.dashboard))
    )
    answer = HttpResponse(spec.format_spec(draft), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{key}.json"'
    return answer


@require_GET
def list_versions(request: AuthenticatedRequest, key: str) -> HttpResponse:
    dashboard = access.get_custom_dashboard(request.user, key)
    stored_versions = list(dashboard.versions.select_related("by"))
    context: dict[str, Any] = {
        "dashboard": dashboard,
        "rows": [(version, spec.load_spec(version.spec)) for version in stored_versions],
        "may_delete": access.may_manage(request.user, dashboard),
    }
    return render(request, "dashboards/versions.html", context)


@require_POST
def submit_restore(request: AuthenticatedRequest, key: str) -> HttpResponse:
    dashboard = access.get_custom_dashboard(request.user, key)
    number = request.POST.get("number", "")
    try:
        services.restore_version(request.user, dashboard, parse_number(number) or 0)
        messages.success(request, _("Version %(number)s was restored.") % {"number": number})
    except NotFound:
        raise
    except Refused as error:
        messages.error(request, str(error.text))
    return redirect("dashboard_versions", key)


@require_POST
def submit_dashboard_deletion(request: AuthenticatedRequest, key: str) -> HttpResponse:
    dashboard = access.get_custom_dashboard(request.user, key)
    try:
        services.delete_dashboard(request.user, dashboard)
    except Refused as error:
        messages.error(request, str(error.text))
        return redirect("dashboard_versions", key)
    return redirect("dashboards")
