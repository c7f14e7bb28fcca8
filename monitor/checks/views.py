"""Pages of checks, commands and runs."""

import asyncio
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import check_admin
from accounts.http import AuthenticatedRequest
from accounts.models import User
from chat.access import member_rooms
from monitor.checks import access, command_template, services
from monitor.checks.check_list import (
    CHECKS_PER_PAGE,
    build_check_rows,
    describe_last_hours,
    group_rows,
    matches_filter,
    sort_checks,
)
from monitor.checks.forms import CheckForm, CommandForm
from monitor.checks.kinds import CHECK_KINDS, CheckKind
from monitor.checks.models import Check, CheckState, ProbeCommand, ProbeRun
from monitor.checks.probes import Probe, Result, run_probe
from monitor.checks.probes.command import CommandProbe
from monitor.checks.protocol import ResponseTimes
from monitor.checks.uptime import (
    UPTIME_DAYS,
    describe_downtime,
    get_first_uptime_day,
    list_day_bars,
    load_spans,
    measure_uptime,
)
from monitor.metrics.models import Series
from monitor.metrics.store.history import read_history
from myweb.errors import NotFound, Refused
from myweb.formats import format_duration
from myweb.http import json_response
from myweb.network_policy import Reach
from myweb.numbers import parse_number
from realtime.protocol import encode

TRIAL_TIMEOUT = 20  # seconds that a page waits for a result
CHANGES, RUNS = 50, 50  # on a page
PAUSE_MINUTES = (20, 60, 240, 1440)  # minutes
CHART_HOURS, CHART_POINTS = (1, 24, 168, 720), 300


@require_safe
def list_checks(request: AuthenticatedRequest) -> HttpResponse:
    visible_checks = list(access.checks_of(request.user).select_related("room", "parent", "paused_by"))
    words, tag = request.GET.get("q", "").lower().split()[:10], request.GET.get("tag", "")
    shown = [check for check in visible_checks if matches_filter(check, words, tag)]
    counts = {state: sum(check.state == state for check in visible_checks) for state in CheckState.values}
    by = "state" if request.GET.get("by") == "state" else "group"
    page = Paginator(sort_checks(shown, by), CHECKS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "groups": group_rows(build_check_rows(list(page)), by),
        "page": page,
        "total": len(visible_checks),
        "counts": counts,
        "kinds": list_kinds(request.user),
        "tags": sorted({tag for check in visible_checks for tag in check.tags}),
        "by": by,
        "query": request.GET.get("q", ""),
        "tag": tag,
        "last_hours": describe_last_hours(),
        "waiting": any(is_waiting(check) for check in shown),
        "pauses": list_pauses(),
    }
    return render(request, "checks/checks.html", context)


def is_waiting(check: Check) -> bool:
    return check.checked_at is None and not check.is_paused


def list_pauses() -> list[tuple[int, str]]:
    return [(minutes, format_duration(minutes * 60)) for minutes in PAUSE_MINUTES]


def list_kinds(user: User) -> dict[str, CheckKind]:
    """Returns the kinds of checks that the user can create."""
    return {name: kind for name, kind in CHECK_KINDS.items() if name != "command" or access.may_write_commands(user)}


@require_safe
def show_check(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    check = access.get_check(request.user, slug)
    kind = CHECK_KINDS[check.kind]
    visible_checks, now = access.checks_of(request.user), timezone.now()
    spans = load_spans([check], now)[check.pk]
    context = {
        "check": check,
        "editable": request.user.is_admin and check.kind in list_kinds(request.user),
        "kind": kind,
        "parent": visible_checks.filter(behind=check).first(),
        "behind": visible_checks.filter(parent=check),
        "changes": check.changes.all()[:CHANGES],
        "uptime": measure_uptime(spans, now),
        "uptime_days": UPTIME_DAYS,
        "days": list_day_bars(spans, now),
        "downtime": describe_downtime(spans, now, UPTIME_DAYS * 86_400),
        "first_day": timezone.localtime(get_first_uptime_day(now)).date(),
        "waiting": is_waiting(check),
        "pauses": list_pauses(),
        "slow_after": (check.slow_after or 0) / 1000,
        "may_enter": check.room_id is not None and member_rooms(request.user).filter(pk=check.room_id).exists(),
        "options": [
            (field.label, check.options[name]) for name, field in kind.options.items() if name in check.options
        ],
    }
    return render(request, "checks/check.html", context)


@require_safe
def show_response_times(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """JSON :class:`ResponseTimes` of the last ``hours``."""
    check = access.get_check(request.user, slug)
    hours = parse_number(request.GET.get("hours", "24"))
    if hours not in CHART_HOURS:
        raise NotFound
    now = timezone.now()
    end = int(now.timestamp())
    start = end - hours * 3600
    series = Series.objects.filter(source__key="checks", name=f"{slug}.time")
    window = read_history(list(series.select_related("source")[:1]), start, end, CHART_POINTS)
    down = [
        (max(start, int(began.timestamp())), int(ended.timestamp()))
        for began, ended, state in load_spans([check], now)[check.pk]
        if state == CheckState.DOWN and ended.timestamp() > start
    ]
    no_values: list[float | None] = [None] * len(window.t)
    mean, high = (values[0] if values else no_values for values in (window.mean, window.high))
    return json_response(encode(ResponseTimes(start, end, window.t, mean, high, down)))


@require_POST
def submit_pause(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    check_admin(request.user)
    minutes = parse_number(request.POST.get("minutes", ""))
    if minutes is not None and minutes not in PAUSE_MINUTES:
        raise NotFound
    check = access.get_check(request.user, slug)
    services.pause_check(request.user, check, timedelta(minutes=minutes) if minutes else None)
    values = {"name": check.name, "time": format_duration((minutes or 0) * 60)}
    text = (_("%(name)s is paused for %(time)s.") if minutes else _("%(name)s is paused.")) % values
    if wants_json(request):
        return json_response(encode({"text": text, "undo": reverse("check_resume", args=[slug])}))
    messages.success(request, text)
    return redirect("check", slug)


@require_POST
def submit_resumption(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    check_admin(request.user)
    services.resume_check(request.user, access.get_check(request.user, slug))
    return json_response(b"{}") if wants_json(request) else redirect("check", slug)


def wants_json(request: AuthenticatedRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


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
        "kinds": {} if check else list_kinds(request.user),
        "check": check,
        "slug": check.slug if check else "",
    }
    if request.method == "POST" and form.is_valid():
        try:
            probe = form.build_probe()
            if "try" in request.POST:
                access.check_may_write(request.user, kind)
                probe.check()
                context["tried"] = try_probe(request, probe, form.cleaned_data.get("timeout") or TRIAL_TIMEOUT)
            else:
                saved_check = form.build_check()
                services.save_check(request.user, saved_check, probe)
                messages.success(request, _("Saved."))
                return redirect("check", saved_check.slug)
        except Refused as refused:
            form.add_refusal(refused)
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
    rows = [
        (command, command_template.describe_usage(command.argv), command.room_id in room_ids)
        for command in all_commands
    ]
    context = {"rows": rows, "enabled": settings.COMMANDS, "editable": access.may_write_commands(request.user)}
    return render(request, "checks/commands.html", context)


def show_new_command(request: AuthenticatedRequest) -> HttpResponse:
    if not access.may_write_commands(request.user):
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
            form.add_error(refused.field or None, str(refused.text))
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
