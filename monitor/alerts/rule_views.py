"""Pages of rules."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthenticatedRequest
from accounts.models import User
from chat import markdown
from monitor.alerts import access, recent, services
from monitor.alerts import text as words
from monitor.alerts.forms import RuleForm
from monitor.alerts.models import Rule
from monitor.alerts.preview import CHART_POINTS, Preview
from monitor.alerts.preview import preview_rule as look_back
from monitor.alerts.rule_state import NoData, RuleConfig
from monitor.alerts.strings import PREVIEW
from monitor.alerts.views import show_refusals_on
from monitor.metrics.access import get_visible_sources
from monitor.metrics.models import Series
from monitor.metrics.readings import compact_value
from myweb.errors import Refused
from myweb.http import json_response
from realtime.protocol import encode


@require_safe
def list_rules(request: AuthenticatedRequest) -> HttpResponse:
    rows = [
        (rule, access.may_edit(request.user, rule), describe_rule(rule), has_series(rule))
        for rule in access.rules_of(request.user).select_related("made_by")
    ]
    return render(request, "alerts/rules.html", {"rules": rows, "here": "alert_rules"})


def has_series(rule: Rule) -> bool:
    """Tells whether a series matches, among the sources that the rule can read. Other sources stay hidden."""
    return recent.matches_known_series(rule.source, rule.series, recent.known_names(access.sources_of_rule(rule)))


def describe_rule(rule: Rule) -> str:
    """Describes the rule in one line: "web queue above 10 for 10 s"."""
    limit = words.format_limit(rule.comparison, rule.threshold, "")
    parts = {"source": rule.source, "series": rule.series, "limit": limit, "span": words.format_span(rule.hold)}
    if rule.series == "up":
        return (_("%(source)s down for %(span)s") if rule.hold else _("%(source)s down")) % parts
    if not rule.hold:
        return _("%(source)s %(series)s %(limit)s") % parts
    return _("%(source)s %(series)s %(limit)s for %(span)s") % parts


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
    names = Series.objects.filter(source__in=get_visible_sources(request.user)).order_by("name")
    context = {
        "rule": rule,
        "form": form,
        "may_edit": may_edit,
        "says": describe_rule(rule) if rule else "",
        "runbook": mark_safe(markdown.render_markdown(rule.runbook, {})[0]) if rule and rule.runbook else "",  # noqa: S308
        "sources": get_visible_sources(request.user).values_list("key", flat=True),
        "series": list(dict.fromkeys(names.values_list("name", flat=True)))[:500],
        "preview_strings": {key: str(text) for key, text in PREVIEW.items()},
        "here": "alert_rules",
    }
    return render(request, "alerts/rule.html", context)


def build_initial_values(rule: Rule) -> dict[str, Any]:
    handles = {user.pk: user.handle for user in User.objects.filter(pk__in=rule.people)}
    return {
        **vars(rule),
        "threshold": f"{rule.threshold:g}",
        "room": rule.room_id,
        "people": " ".join(f"@{handles[user_id]}" for user_id in rule.people if user_id in handles),
        "depends_on": list(rule.depends_on.values_list("pk", flat=True)),
        "routes": list(rule.routes.values_list("pk", flat=True)),
    }


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
        "series": result.series,
        "count": len(result.fired),
        "over": words.format_span(result.seconds),
        "fired": fired,
    }
    return json_response(
        encode(summary | {"steps": words.format_span(result.step), "picture": build_preview_chart(config, result)})
    )


def build_preview_chart(config: RuleConfig, result: Preview) -> dict[str, Any]:
    """The chart of the series that fired last."""
    return {
        "name": result.name,
        "t": [t for t, _value in result.points],
        "v": [compact_value(value) for _t, value in result.points],
        "threshold": config.threshold,
        "fired": [(firing.began, firing.ended) for firing in result.fired if firing.name == result.name][:CHART_POINTS],
    }
