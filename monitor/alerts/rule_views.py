"""The pages of rules."""

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
from monitor.alerts.preview import DRAWN, Preview
from monitor.alerts.preview import preview as look_back
from monitor.alerts.rule_state import NoData, Terms
from monitor.alerts.strings import PREVIEW
from monitor.alerts.views import speaking
from monitor.metrics.access import get_visible_sources
from monitor.metrics.models import Series
from monitor.metrics.readings import compact_value
from myweb.errors import Refused
from myweb.http import json_response
from realtime.protocol import encode


@require_safe
def rules(request: AuthenticatedRequest) -> HttpResponse:
    found = [
        (each, access.may_edit(request.user, each), says(each), has_series(each))
        for each in access.rules_of(request.user).select_related("made_by")
    ]
    return render(request, "alerts/rules.html", {"rules": found, "here": "alert_rules"})


def has_series(rule: Rule) -> bool:
    """Among the sources that the rule may read. What others have is not told, not even that it is there."""
    return recent.heard(rule.source, rule.series, recent.known_names(access.sources_of_rule(rule)))


def says(rule: Rule) -> str:
    """The rule in one line: "web queue above 10 for 10 s"."""
    if rule.series == "up":
        return _("%(source)s down for %(span)s") % {"source": rule.source, "span": words.span(rule.hold)}
    limit = words.limit(rule.comparison, rule.threshold, "")
    said = {"source": rule.source, "series": rule.series, "limit": limit, "span": words.span(rule.hold)}
    return _("%(source)s %(series)s %(limit)s for %(span)s") % said


def rule(request: AuthenticatedRequest, number: int | None = None) -> HttpResponse:
    found = access.get_rule(request.user, number) if number else None
    may = access.may_edit(request.user, found) if found else request.user.is_admin
    given = initial(found) if found else {"room": request.GET.get("room")}
    form = RuleForm(request.POST or None, by=request.user, rule=found, initial=given)
    if request.method == "POST" and may and form.is_valid():
        try:
            saved = services.save_rule(request.user, found, form.cleaned_data)
            messages.success(request, _("Saved: %(title)s.") % {"title": saved.title})
            if not has_series(saved):
                name = f"{saved.source} {saved.series}"
                messages.warning(request, _("No such series yet: %(name)s.") % {"name": name})
            return redirect("alert_rules")
        except Refused as refused:
            form.add_error(None, str(refused.text))
    names = Series.objects.filter(source__in=get_visible_sources(request.user)).order_by("name")
    context = {
        "rule": found,
        "form": form,
        "may_edit": may,
        "says": says(found) if found else "",
        "runbook": mark_safe(markdown.render_markdown(found.runbook, {})[0]) if found and found.runbook else "",  # noqa: S308
        "sources": get_visible_sources(request.user).values_list("key", flat=True),
        "series": list(dict.fromkeys(names.values_list("name", flat=True)))[:500],
        "preview_strings": {key: str(text) for key, text in PREVIEW.items()},
        "here": "alert_rules",
    }
    return render(request, "alerts/rule.html", context)


def initial(rule: Rule) -> dict[str, Any]:
    people = {each.pk: each.handle for each in User.objects.filter(pk__in=rule.people)}
    return {
        **vars(rule),
        "threshold": f"{rule.threshold:g}",
        "room": rule.room_id,
        "people": " ".join(f"@{people[each]}" for each in rule.people if each in people),
        "depends_on": list(rule.depends_on.values_list("pk", flat=True)),
        "routes": list(rule.routes.values_list("pk", flat=True)),
    }


@require_POST
@speaking("alert_rules")
def remove_rule(request: AuthenticatedRequest, number: int) -> HttpResponse:
    services.remove_rule(request.user, access.get_rule(request.user, number))
    return redirect("alert_rules")


@require_safe
def preview(request: AuthenticatedRequest) -> HttpResponse:
    """JSON: what the rule in the query would have found. Says what is missing in ``problem``."""
    form = RuleForm(request.GET, by=request.user)
    form.is_valid()
    wrong = {
        name: form.errors[name] for name in ("source", "series", "threshold", "hold", "keep") if name in form.errors
    }
    if wrong:
        return json_response(encode({"problem": "", "fields": list(wrong)}), 400)
    data = form.cleaned_data
    no_data = NoData(data.get("no_data") or "keep")
    terms = Terms(data.get("comparison") or ">", data["threshold"], data["hold"], data["keep"], no_data)
    found = look_back(terms, recent.Watched(data["source"], data["series"], get_visible_sources(request.user)))
    fired = [{"name": each.name, "began": each.began, "ended": each.ended} for each in found.fired[:20]]
    said = {"series": found.series, "count": len(found.fired), "over": words.span(found.seconds), "fired": fired}
    return json_response(encode(said | {"steps": words.span(found.step), "picture": picture(terms, found)}))


def picture(terms: Terms, found: Preview) -> dict[str, Any]:
    """The series that fired last, and where it would have fired."""
    return {
        "name": found.name,
        "t": [t for t, _value in found.points],
        "v": [compact_value(value) for _t, value in found.points],
        "threshold": terms.threshold,
        "fired": [(each.began, each.ended) for each in found.fired if each.name == found.name][:DRAWN],
    }
