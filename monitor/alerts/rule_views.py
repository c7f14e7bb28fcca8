"""Pages of rules."""

import time
from typing import Any

from django.contrib import messages
from django.db.models import Max, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthenticatedRequest
from accounts.models import User
from chat import markdown
from chat.access import member_rooms
from monitor.alerts import access, condition_text, recent, services
from monitor.alerts.evaluation import NoData, RuleConfig
from monitor.alerts.forms import RuleForm
from monitor.alerts.models import Alert, Rule
from monitor.alerts.preview import CHART_POINTS, Preview
from monitor.alerts.preview import preview_rule as look_back
from monitor.alerts.strings import PREVIEW
from monitor.alerts.views import show_refusals_on
from monitor.metrics.access import assignable_rooms, get_visible_sources
from monitor.metrics.models import Series
from monitor.metrics.readings import compact_value, format_reading
from monitor.oncall.access import schedules_of
from myweb.errors import Refused
from myweb.http import json_response
from myweb.numbers import parse_number
from realtime.protocol import encode

MAX_TARGETS = 200  # members that the form offers; others can be typed


@require_safe
def list_rules(request: AuthenticatedRequest) -> HttpResponse:
    """``?q=`` and ``?room=`` choose among them."""
    query, room = request.GET.get("q", "").replace("\0", "")[:100].strip(), parse_number(request.GET.get("room", ""))
    all_rules = access.rules_of(request.user)
    rules = all_rules.select_related("made_by").annotate(fired_at=Max("alerts__began_at"))
    for word in query.split()[:5]:
        rules = rules.filter(Q(title__icontains=word) | Q(source__icontains=word) | Q(series__icontains=word))
    if room is not None:
        rules = rules.filter(room=room)
    open_alerts = {alert.rule_id: alert for alert in access.alerts_of(request.user).filter(ended_at=None)}
    rows = [build_rule_row(rule, request.user, open_alerts.get(rule.pk)) for rule in rules]
    context = {
        "rules": rows,
        "may_edit_any": any(row["may_edit"] for row in rows),
        "rooms": member_rooms(request.user).filter(pk__in=all_rules.values("room")),
        "filter": {"q": query, "room": request.GET.get("room", "")},
        "here": "alert_rules",
    }
    return render(request, "alerts/rules.html", context)


def build_rule_row(rule: Rule, user: User, alert: Alert | None) -> dict[str, Any]:
    return {
        "rule": rule,
        "alert": alert,
        "may_edit": access.may_edit(user, rule),
        "source": _("every source") if rule.source == "*" else rule.source,
        "condition": describe_condition(rule),
        "is_known": has_series(rule),
    }


def has_series(rule: Rule) -> bool:
    """Tells whether a series matches, among the sources that the rule can read. Other sources stay hidden."""
    return recent.matches_known_series(rule.source, rule.series, recent.known_names(access.sources_of_rule(rule)))


def describe_rule(rule: Rule) -> str:
    """Describes the rule in one line: "web queue above 10 for 10 s"."""
    limit = condition_text.format_limit(rule.comparison, rule.threshold, "")
    parts = {
        "source": rule.source,
        "series": rule.series,
        "limit": limit,
        "span": condition_text.format_span(rule.hold),
    }
    if rule.series == "up":
        return (_("%(source)s down for %(span)s") if rule.hold else _("%(source)s down")) % parts
    if not rule.hold:
        return _("%(source)s %(series)s %(limit)s") % parts
    return _("%(source)s %(series)s %(limit)s for %(span)s") % parts


def describe_condition(rule: Rule) -> str:
    """Describes it without the source: "queue above 10 for 10 s", "down for 30 s"."""
    parts = {
        "series": rule.series,
        "limit": condition_text.format_limit(rule.comparison, rule.threshold, find_unit(rule)),
        "span": condition_text.format_span(rule.hold),
    }
    if rule.series == "up":
        return (_("down for %(span)s") if rule.hold else _("down")) % parts
    return (_("%(series)s %(limit)s for %(span)s") if rule.hold else _("%(series)s %(limit)s")) % parts


def find_unit(rule: Rule) -> str:
    """Returns the unit of the series, if it is known and only one. A pattern has none."""
    units = Series.objects.filter(source__in=access.sources_of_rule(rule), source__key=rule.source, name=rule.series)
    return units.values_list("unit", flat=True).first() or ""


def show_rule(request: AuthenticatedRequest, number: int | None = None) -> HttpResponse:
    rule = access.get_rule(request.user, number) if number else None
    may_edit = access.may_edit(request.user, rule) if rule else request.user.is_admin
    initial = build_initial_values(rule) if rule else {"room": request.GET.get("room")}
    form = RuleForm(request.POST or None, by=request.user, rule=rule, initial=initial)
    if request.method == "POST" and may_edit and form.is_valid():
        try:
            saved = services.save_rule(request.user, rule, form.cleaned_data)
            messages.success(request, _("Saved: %(title)s.") % {"title": saved.title})
            if not has_series(saved):
                name = f"{saved.source} {saved.series}"
                messages.warning(request, _("No such series yet: %(name)s.") % {"name": name})
            return redirect("alert_rules")
        except Refused as refused:
            form.add_error(None, str(refused.text))
    context = {
        "rule": rule,
        "form": form,
        "may_edit": may_edit,
        "says": describe_rule(rule) if rule else "",
        "runbook": mark_safe(markdown.render_markdown(rule.runbook, {})[0]) if rule and rule.runbook else "",  # noqa: S308
        "durations": [condition_text.format_span(seconds) for seconds in (30, 60, 300, 600, 1_800, 3_600)],
        "targets": list_escalation_targets(request.user) if may_edit else [],
        "preview_strings": {key: str(text) for key, text in PREVIEW.items()},
        "here": "alert_rules",
    }
    return render(request, "alerts/rule.html", context)


def list_escalation_targets(user: User) -> list[str]:
    """What the fields of escalation steps offer."""
    schedules = schedules_of(user).values_list("name", flat=True)
    rooms = list(assignable_rooms(user))
    members = User.objects.filter(memberships__room__in=rooms, memberships__active=True, is_active=True).distinct()
    handles = members.values_list("handle", flat=True)[:MAX_TARGETS]
    return [*schedules, *(f"@{handle}" for handle in handles), *(f"#{room.name}" for room in rooms)]


def build_initial_values(rule: Rule) -> dict[str, Any]:
    return {
        **vars(rule),
        "hold": rule.hold or None,
        "keep": rule.keep or None,
        "threshold": f"{rule.threshold:g}",
        "room": rule.room_id,
        "depends_on": list(rule.depends_on.values_list("pk", flat=True)),
        "routes": list(rule.routes.values_list("pk", flat=True)),
    }


@require_POST
@show_refusals_on("alert_rules")
def submit_rule_enabled(request: AuthenticatedRequest, number: int) -> HttpResponse:
    """The switch in the list of rules. A script gets JSON."""
    rule = access.get_rule(request.user, number)
    services.set_rule_enabled(request.user, rule, request.POST.get("enabled") == "yes")
    return redirect("alert_rules") if request.accepts("text/html") else json_response(b"{}")


@require_POST
@show_refusals_on("alert_rules")
def submit_rule_removal(request: AuthenticatedRequest, number: int) -> HttpResponse:
    services.remove_rule(request.user, access.get_rule(request.user, number))
    return redirect("alert_rules")


@require_safe
def show_preview(request: AuthenticatedRequest) -> HttpResponse:
    """JSON: the alerts that the rule in the query would have fired, or the error of each invalid field."""
    form = RuleForm(request.GET, by=request.user)
    form.is_valid()
    names = ("source", "series", "threshold", "hold", "keep")
    problems = {name: str(form.errors[name][0]) for name in names if name in form.errors}
    if problems:
        return json_response(encode({"problems": problems}), 400)
    data = form.cleaned_data
    no_data = NoData(data.get("no_data") or "keep")
    config = RuleConfig(data.get("comparison") or ">", data["threshold"], data["hold"], data["keep"], no_data)
    result = look_back(config, recent.SeriesSelector(data["source"], data["series"], get_visible_sources(request.user)))
    fired = [{"name": firing.name, "began": firing.began, "ended": firing.ended} for firing in result.fired[:20]]
    summary = {
        "nearest": list_nearest(config, result),
        "seconds_fired": sum((firing.ended or int(time.time())) - firing.began for firing in result.fired),
        "series": result.series,
        "count": len(result.fired),
        "over": condition_text.format_span(result.seconds),
        "fired": fired,
    }
    return json_response(
        encode(
            summary | {"steps": condition_text.format_span(result.step), "picture": build_preview_chart(config, result)}
        )
    )


def list_nearest(config: RuleConfig, result: Preview) -> list[dict[str, Any]]:
    """The series that are nearest to firing, or fire, with their last values."""
    names = [name for name, _value in result.nearest]
    known = Series.objects.filter(source__key__in={name.partition(" ")[0] for name in names}).values_list(
        "source__key", "name", "unit"
    )
    units = {f"{source} {name}": unit for source, name, unit in known}
    return [
        {"name": name, "text": format_reading(value, units.get(name, "")), "met": config.is_met(value)}
        for name, value in result.nearest
    ]


def build_preview_chart(config: RuleConfig, result: Preview) -> dict[str, Any]:
    """The chart of the series that fired last."""
    return {
        "name": result.name,
        "t": [t for t, _value in result.points],
        "v": [compact_value(value) for _t, value in result.points],
        "threshold": config.threshold,
        "fired": [(firing.began, firing.ended) for firing in result.fired if firing.name == result.name][:CHART_POINTS],
    }
