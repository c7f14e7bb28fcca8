"""Pages of checks, commands and runs."""

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
from monitor.checks.kinds import CHECK_KINDS, CheckKind
from monitor.checks.models import Check, CheckState, ProbeCommand, ProbeRun
from monitor.checks.probes import Probe, Result, run_probe
from monitor.checks.probes.command import CommandProbe
from monitor.checks.sparklines import build_sparklines, describe_range
from myweb.errors import NotFound, Refused
from myweb.network_policy import Reach

TRIAL_TIMEOUT = 20  # seconds that a page waits for a result
CHANGES, RUNS = 50, 50  # on a page
ORDER = [CheckState.DOWN, CheckState.UNKNOWN, CheckState.UP]  # problems first


@require_safe
def list_checks(request: AuthenticatedRequest) -> HttpResponse:
    visible_checks = sorted(access.checks_of(request.user).select_related("room", "parent"), key=get_sort_key)
    lines = build_sparklines(check.slug for check in visible_checks)
    counts = {
        state: sum(check.enabled and check.state == state for check in visible_checks) for state in CheckState.values
    }
    rows = [(check, lines.get(check.slug, "")) for check in visible_checks]
    return render(request, "checks/checks.html", {"rows": rows, "counts": counts, "kinds": list_kinds(request.user)})


def list_kinds(user: User) -> dict[str, CheckKind]:
    """Returns the kinds of checks that the user can create."""
    return {name: kind for name, kind in CHECK_KINDS.items() if name != "command" or services.may_write_commands(user)}


def get_sort_key(check: Check) -> tuple[bool, int, str]:
    return (not check.enabled, ORDER.index(CheckState(check.state)), check.name.lower())


@require_safe
def show_check(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    check = access.get_check(request.user, slug)
    visible_checks = access.checks_of(request.user)
    context = {
        "check": check,
        "editable": request.user.is_admin and check.kind in list_kinds(request.user),
        "kind": CHECK_KINDS[check.kind],
        "parent": visible_checks.filter(behind=check).first(),
        "behind": visible_checks.filter(parent=check),
        "changes": check.changes.all()[:CHANGES],
        "spark": build_sparklines([slug]).get(slug, ""),
        "spread": describe_range(slug),
        "options": [(name.replace("_", " "), value) for name, value in check.options.items()],
    }
    return render(request, "checks/check.html", context)


def show_new_check(request: AuthenticatedRequest) -> HttpResponse:
    check_admin(request.user)
    kind = request.GET.get("kind", "http")
    if kind not in list_kinds(request.user):
        raise NotFound
    return show_check_form(request, kind, None)


def edit_check(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    check_admin(request.user)
    check = access.get_check(request.user, slug)
    if check.kind not in list_kinds(request.user):
        raise NotFound
    return show_check_form(request, check.kind, check)


def show_check_form(request: AuthenticatedRequest, kind: str, check: Check | None) -> HttpResponse:
    form = CheckForm(request.POST or None, by=request.user, kind=kind, check=check)
    context: dict[str, Any] = {
        "form": form,
        "kind": CHECK_KINDS[kind],
        "check": check,
        "slug": check.slug if check else "",
    }
    if request.method == "POST" and form.is_valid():
        try:
            probe = form.build_probe()
            if "try" in request.POST:
                services.check_may_write(request.user, kind)
                probe.check()
                context["tried"] = try_probe(request, probe, form.cleaned_data.get("timeout") or TRIAL_TIMEOUT)
            else:
                saved_check = form.build_check()
                services.save_check(request.user, saved_check, probe)
                messages.success(request, _("Saved."))
                return redirect("check", saved_check.slug)
        except Refused as refused:
            form.add_error(None, str(refused.text))
    return render(request, "checks/check_edit.html", context)


def try_probe(request: AuthenticatedRequest, probe: Probe, timeout: int) -> Result:
    """Runs the probe now. A tried command is recorded like every other run."""
    probe.prepare()
    if isinstance(probe, CommandProbe):
        probe.limit = min(probe.limit, TRIAL_TIMEOUT)
    result = asyncio.run(run_probe(probe, max(1, min(timeout, TRIAL_TIMEOUT)), Reach.EVERYWHERE))
    if isinstance(probe, CommandProbe):
        services.record_run(ProbeRun(by=request.user, words=probe.target, argv=probe.argv), result)
    return result


@require_POST
def submit_check_deletion(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    check_admin(request.user)
    services.delete_check(request.user, access.get_check(request.user, slug))
    messages.success(request, _("Deleted."))
    return redirect("checks")


@require_safe
def list_commands(request: AuthenticatedRequest) -> HttpResponse:
    check_admin(request.user)
    room_ids = set(member_rooms(request.user).values_list("pk", flat=True))
    all_commands = ProbeCommand.objects.select_related("room")
    rows = [(command, template.describe_usage(command.argv), command.room_id in room_ids) for command in all_commands]
    context = {"rows": rows, "enabled": settings.COMMANDS, "editable": services.may_write_commands(request.user)}
    return render(request, "checks/commands.html", context)


def show_new_command(request: AuthenticatedRequest) -> HttpResponse:
    if not services.may_write_commands(request.user):
        raise NotFound
    return show_command_form(request, None)


def edit_command(request: AuthenticatedRequest, name: str) -> HttpResponse:
    return show_command_form(request, access.get_command(request.user, name))


def show_command_form(request: AuthenticatedRequest, command: ProbeCommand | None) -> HttpResponse:
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
def submit_command_deletion(request: AuthenticatedRequest, name: str) -> HttpResponse:
    services.delete_command(request.user, access.get_command(request.user, name))
    messages.success(request, _("Deleted."))
    return redirect("commands")


@require_safe
def list_runs(request: AuthenticatedRequest) -> HttpResponse:
    """The run history, including refused requests."""
    check_admin(request.user)
    all_runs = ProbeRun.objects.select_related("by", "room").defer("lines")
    page = Paginator(all_runs, RUNS).get_page(request.GET.get("page"))
    room_ids = set(member_rooms(request.user).values_list("pk", flat=True))
    return render(request, "checks/runs.html", {"page": page, "mine": room_ids, "now": timezone.now()})


@require_safe
def show_run(request: AuthenticatedRequest, run_id: int) -> HttpResponse:
    run = access.get_run(request.user, run_id)
    room = member_rooms(request.user).filter(pk=run.room_id).first() if run.room_id else None
    return render(request, "checks/run.html", {"run": run, "room": room})
