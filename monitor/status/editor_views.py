"""Editing pages: admins edit the status page, and users who may publish edit its incidents."""

from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import check_admin, find_users
from accounts.http import AuthenticatedRequest
from accounts.models import Role, User
from monitor.metrics.access import get_visible_sources
from monitor.metrics.models import Series
from monitor.status import access, page, services
from monitor.status.forms import ComponentForm, ComponentFormSet, IncidentForm, PageForm, UpdateForm
from monitor.status.models import Component, Incident, StatusPage
from myweb.errors import Refused, get_or_not_found
from myweb.numbers import parse_number

INCIDENTS_LISTED = 50
PUBLISHERS_NAMED = 5  # on the status page's editor
PUBLISHERS_OFFERED = 20
MAX_SERIES = 2_000  # in the list to choose from; others can be typed


@require_http_methods(["GET", "POST"])
def edit_status_page(request: AuthenticatedRequest) -> HttpResponse:
    check_admin(request.user)
    form = PageForm(request.POST or None, label_suffix="", instance=StatusPage.current())
    components = Component.objects.select_related("check_measured")
    component_forms = ComponentFormSet(
        request.POST or None,
        prefix="part",
        queryset=components,
        initial=[{"order": components.count()}],
        form_kwargs={"label_suffix": "", "by": request.user},
    )
    if request.method == "POST" and "preview" in request.POST:
        form.is_valid()  # the valid fields give their values to the instance
        shown = [part.instance for part in component_forms if is_part_shown(part)]
        return render(
            request, "status/status_preview.html", {"preview": page.build_edited_context(form.instance, shown)}
        )
    if request.method == "POST" and form.is_valid() and component_forms.is_valid():
        services.save_status_page(request.user, form, component_forms)
        page.clear_page_caches()
        messages.success(request, _("Saved."))
        for text in services.list_unknown_conditions():
            messages.warning(request, _("%(condition)s: no such series yet.") % {"condition": text})
        return redirect("status_edit")
    context = {
        "form": form,
        "parts": component_forms,
        "series": list_series_names(request.user),
        "known_groups": sorted({part.instance.group for part in component_forms.initial_forms} - {""}),
        "preview": page.build_status_context(),
        "new": IncidentForm(),
        "publishers": list_publishers()[:PUBLISHERS_NAMED],
        "other_publishers": max(0, list_publishers().count() - PUBLISHERS_NAMED),
        "incidents": Incident.objects.all()[:INCIDENTS_LISTED],
    }
    return render(request, "status/status_edit.html", context)


def is_part_shown(part: ComponentForm) -> bool:
    part.full_clean()
    is_kept = not part.cleaned_data.get("DELETE") and (part.instance.pk or part.has_changed())
    return bool(part.instance.title and is_kept)


def list_series_names(user: User) -> list[str]:
    """Series of the sources that the user can see, to choose from."""
    rows = Series.objects.filter(source__in=get_visible_sources(user), gone_at=None).order_by("source__key", "name")
    return [f"{key}.{name}" for key, name in rows.values_list("source__key", "name")[:MAX_SERIES]]


def list_publishers() -> QuerySet[User]:
    return StatusPage.current().publishers.filter(is_active=True).order_by("name", "pk")


@require_http_methods(["GET", "POST"])
def edit_publishers(request: AuthenticatedRequest) -> HttpResponse:
    """Users are found by name: a workspace may have thousands."""
    check_admin(request.user)
    query = request.GET.get("q", "").strip()
    if request.method == "POST":
        user = get_or_not_found(User.objects.filter(role=Role.MEMBER), pk=parse_number(request.POST.get("user", "")))
        services.set_publisher(request.user, user, allowed=request.POST.get("do") == "add")
        return redirect(f"{request.path}?{urlencode({'q': query})}" if query else request.path)
    publishers = list_publishers()
    offered = find_users(query).filter(is_active=True, role=Role.MEMBER).exclude(pk__in=publishers)
    context = {
        "publishers": publishers,
        "query": query,
        "offered": offered[:PUBLISHERS_OFFERED],
        "more": offered[PUBLISHERS_OFFERED:].exists(),
    }
    return render(request, "status/publishers.html", context)


@require_POST
def open_new_incident(request: AuthenticatedRequest) -> HttpResponse:
    check_admin(request.user)
    form = IncidentForm(request.POST)
    if not form.is_valid():
        return redirect("status_edit")
    incident = services.create_incident(request.user, form.cleaned_data["title"], form.cleaned_data["impact"])
    return redirect("incident", incident.pk)


@require_http_methods(["GET", "POST"])
def edit_incident(request: AuthenticatedRequest, number: int) -> HttpResponse:
    incident = access.get_incident(request.user, number)
    if request.method == "POST":
        try:
            apply_incident_action(request, incident)
        except Refused as refused:
            messages.error(request, str(refused.text))
        page.clear_page_caches()
        return redirect("incident", number)
    context = {
        "incident": incident,
        "waits": incident.updates.filter(shown=False).exists(),
        "updates": incident.updates.order_by("-at", "-pk"),
        "form": IncidentForm(label_suffix="", initial={**vars(incident), "components": incident.components.all()}),
        "update_form": UpdateForm(label_suffix="", initial={"state": incident.state}),
        "may_publish": access.may_publish(request.user),
    }
    return render(request, "status/incident.html", context)


def apply_incident_action(request: AuthenticatedRequest, incident: Incident) -> None:
    """Run the action of the pressed button."""
    action = request.POST.get("do")
    incident_form, update_form = IncidentForm(request.POST), UpdateForm(request.POST)
    if action == "publish":
        services.publish_incident(request.user, incident)
    elif action == "withdraw":
        services.withdraw_incident(request.user, incident)
    elif action == "correct" and incident_form.is_valid():
        services.correct_incident(request.user, incident, **incident_form.cleaned_data)
    elif action == "tell" and update_form.is_valid():
        services.add_incident_update(
            request.user, incident, update_form.cleaned_data["text"], update_form.cleaned_data["state"]
        )
    else:
        raise Refused("invalid", _("A field is missing or too long."))
