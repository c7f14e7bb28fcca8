"""The pages of checks, of commands that may be run, and of what was run."""

import asyncio
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import check_admin
from accounts.http import AuthenticatedRequest
from accounts.models import User
from chat.access import member_rooms
from monitor.checks import access, services, template
from monitor.checks.forms import CheckForm, CommandForm
from monitor.checks.kinds import FORMS, Kind
from monitor.checks.models import Check, ProbeCommand, ProbeRun, State
from monitor.checks.probes import Probe, Result, ask
from monitor.checks.probes.command import Command
from monitor.checks.sparklines import sparks, spread
from myweb.errors import NotFound, Refused
from myweb.network_policy import Reach

TRY = 20  # seconds that a page waits for an answer
CHANGES, RUNS = 50, 50  # on a page
ORDER = [State.DOWN, State.UNKNOWN, State.UP]  # trouble stands first


@require_safe
def checks(request: AuthenticatedRequest) -> HttpResponse:
    found = sorted(access.checks_of(request.user).select_related("room", "parent"), key=rank)
    lines = sparks(check.slug for check in found)
    counts = {state: sum(check.enabled and check.state == state for check in found) for state in State.values}
    rows = [(check, lines.get(check.slug, "")) for check in found]
    return render(request, "checks/checks.html", {"rows": rows, "counts": counts, "kinds": kinds_for(request.user)})


def kinds_for(user: User) -> dict[str, Kind]:
    """The kinds of checks that someone may make."""
    return {name: kind for name, kind in FORMS.items() if name != "command" or services.may_write_commands(user)}


def rank(check: Check) -> tuple[bool, int, str]:
    return (not check.enabled, ORDER.index(State(check.state)), check.name.lower())


@require_safe
def check(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    found = access.get_check(request.user, slug)
    behind = access.checks_of(request.user)
    context = {
        "check": found,
        "editable": request.user.is_admin and found.kind in kinds_for(request.user),
        "kind": FORMS[found.kind],
        "parent": behind.filter(behind=found).first(),
        "behind": behind.filter(parent=found),
        "changes": found.changes.all()[:CHANGES],
        "spark": sparks([slug]).get(slug, ""),
        "spread": spread(slug),
        "options": [(name.replace("_", " "), value) for name, value in found.options.items()],
    }
    return render(request, "checks/check.html", context)


def check_new(request: AuthenticatedRequest) -> HttpResponse:
    check_admin(request.user)
    kind = request.GET.get("kind", "http")
    if kind not in kinds_for(request.user):
        raise NotFound
    return edited(request, kind, None)


def check_edit(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    check_admin(request.user)
    found = access.get_check(request.user, slug)
    if found.kind not in kinds_for(request.user):
        raise NotFound
    return edited(request, found.kind, found)


def edited(request: AuthenticatedRequest, kind: str, check: Check | None) -> HttpResponse:
    form = CheckForm(request.POST or None, by=request.user, kind=kind, check=check)
    context: dict[str, Any] = {"form": form, "kind": FORMS[kind], "check": check, "slug": check.slug if check else ""}
    if request.method == "POST" and form.is_valid():
        try:
            probe = form.probe()
            if "try" in request.POST:
                services.check_may_write(request.user, kind)
                probe.check()
                context["tried"] = tried(request, probe, form.cleaned_data.get("timeout") or TRY)
            else:
                found = form.filled()
                services.save_check(request.user, found, probe)
                messages.success(request, _("Saved."))
                return redirect("check", found.slug)
        except Refused as refused:
            form.add_error(None, str(refused.text))
    return render(request, "checks/check_edit.html", context)


def tried(request: AuthenticatedRequest, probe: Probe, timeout: int) -> Result:
    """Asked from here, now. A command that was tried is on record like every other run."""
    probe.prepare()
    if isinstance(probe, Command):
        probe.limit = min(probe.limit, TRY)
    result = asyncio.run(ask(probe, max(1, min(timeout, TRY)), Reach.EVERYWHERE))
    if isinstance(probe, Command):
        services.record(ProbeRun(by=request.user, words=probe.target, argv=probe.argv), result)
    return result


@require_POST
def check_delete(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    check_admin(request.user)
    services.delete_check(request.user, access.get_check(request.user, slug))
    messages.success(request, _("Deleted."))
    return redirect("checks")


@require_safe
def commands(request: AuthenticatedRequest) -> HttpResponse:
    check_admin(request.user)
    mine = set(member_rooms(request.user).values_list("pk", flat=True))
    found = ProbeCommand.objects.select_related("room")
    rows = [(each, template.usage(each.argv), each.room_id in mine) for each in found]
    context = {"rows": rows, "enabled": settings.COMMANDS, "editable": services.may_write_commands(request.user)}
    return render(request, "checks/commands.html", context)


def command_new(request: AuthenticatedRequest) -> HttpResponse:
    if not services.may_write_commands(request.user):
        raise NotFound
    return command_edited(request, None)


def command_edit(request: AuthenticatedRequest, name: str) -> HttpResponse:
    return command_edited(request, access.get_command(request.user, name))


def command_edited(request: AuthenticatedRequest, command: ProbeCommand | None) -> HttpResponse:
    form = CommandForm(request.POST or None, by=request.user, instance=command)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_command(request.user, form.instance)
            messages.success(request, _("Saved."))
            return redirect("commands")
        except Refused as refused:
            form.add_error(None, str(refused.text))
    return render(request, "checks/command_edit.html", {"form": form, "command": command})


@require_POST
def command_delete(request: AuthenticatedRequest, name: str) -> HttpResponse:
    services.delete_command(request.user, access.get_command(request.user, name))
    messages.success(request, _("Deleted."))
    return redirect("commands")


@require_safe
def runs(request: AuthenticatedRequest) -> HttpResponse:
    """The record: everything that was run or asked, and what was refused."""
    check_admin(request.user)
    found = ProbeRun.objects.select_related("by", "room").defer("lines")
    page = Paginator(found, RUNS).get_page(request.GET.get("page"))
    mine = set(member_rooms(request.user).values_list("pk", flat=True))
    return render(request, "checks/runs.html", {"page": page, "mine": mine, "now": timezone.now()})


@require_safe
def run(request: AuthenticatedRequest, run_id: int) -> HttpResponse:
    found = access.get_run(request.user, run_id)
    inside = member_rooms(request.user).filter(pk=found.room_id).first() if found.room_id else None
    return render(request, "checks/run.html", {"run": found, "room": inside})
