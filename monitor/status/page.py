"""The content of the public page, rendered once per language for all readers and cached briefly."""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Workspace
from chat import markdown
from monitor.checks.uptime import UPTIME_DAYS, get_first_uptime_day, get_midnight, list_spans, sum_by_day
from monitor.metrics.lease import get_unmeasured_since
from monitor.status.component_states import find_first_state, get_incident_states, get_worst_state, list_measured_fields
from monitor.status.models import Component, ComponentState, Incident, IncidentUpdate, StatusChange, StatusPage
from monitor.status.uptime import Day, format_uptime, get_measured_since, list_days

CACHE_SECONDS = 2.0  # seconds: a process renders the page at most this often
QUIET_DAYS = 7  # days that are listed without incidents, too
MIN_UPTIME_AGE = timedelta(days=1)  # if measured for less, the page shows since when


SENTENCES = {
    ComponentState.WORKS: _("All systems operational."),
    ComponentState.UNKNOWN: _("Some components have no data."),
    ComponentState.DISTURBED: _("Some components are degraded."),
    ComponentState.DOWN: _("Some components are down."),
}
TROUBLE = {
    ComponentState.DISTURBED: _("%(name)s is degraded."),
    ComponentState.DOWN: _("%(name)s is down."),
}


class ComponentLine(NamedTuple):
    component: Component
    days: list[Day]
    uptime: str
    since: datetime | None  # start of the measurements, if that is less than a day ago
    is_waiting: bool  # for its first result


class ComponentGroup(NamedTuple):
    title: str  # may be empty
    lines: list[ComponentLine]


class PastDay(NamedTuple):
    day: datetime
    incidents: list[Incident]
    going: list[Incident]  # open on that day and still open


class RenderedPage(NamedTuple):
    body: str
    etag: str
    published: bool


def list_component_lines(now: datetime) -> list[ComponentLine]:
    start = get_first_uptime_day(now)
    earlier = StatusChange.objects.filter(component=OuterRef("pk"), at__lt=start).order_by("-at", "-pk")
    since = Prefetch("changes", StatusChange.objects.filter(at__gte=start).order_by("at", "pk"), to_attr="recent")
    component_lines = []
    for component in Component.objects.annotate(before=Subquery(earlier.values("state")[:1])).prefetch_related(since):
        changes = [(change.at, change.state) for change in component.recent]
        periods = list(list_spans(component.before, changes, start, now))
        seconds, measured_at = sum_by_day(periods), get_measured_since(periods)
        recent_start = measured_at if measured_at and now - measured_at < MIN_UPTIME_AGE else None
        is_waiting = component.is_measured and component.state == ComponentState.UNKNOWN and measured_at is None
        days, share = list_days(seconds, now), format_uptime(seconds)
        component_lines.append(ComponentLine(component, days, share, recent_start, is_waiting))
    return component_lines


def group_lines(lines: list[ComponentLine]) -> list[ComponentGroup]:
    """In the order of the first component of each group."""
    groups: dict[str, list[ComponentLine]] = {}
    for line in lines:
        groups.setdefault(line.component.group, []).append(line)
    return [ComponentGroup(title, lines_of_group) for title, lines_of_group in groups.items()]


def get_published_incidents() -> "QuerySet[Incident]":
    newest = IncidentUpdate.objects.filter(shown=True).order_by("-at", "-pk")
    return Incident.objects.filter(published=True).prefetch_related(
        Prefetch("updates", newest, to_attr="news"), "components"
    )


def list_past_days(now: datetime, open_incidents: list[Incident]) -> list[PastDay]:
    """List incidents by day, newest first. The last days are listed without incidents, too."""
    days = {get_midnight(now, -number): list[Incident]() for number in range(QUIET_DAYS)}
    for incident in get_published_incidents().filter(ended_at__gte=get_first_uptime_day(now)):
        days.setdefault(get_midnight(incident.started_at), []).append(incident)
    return [
        PastDay(day, days[day], [incident for incident in open_incidents if get_midnight(incident.started_at) <= day])
        for day in sorted(days, reverse=True)
    ]


def summarize_states(lines: list[ComponentLine], has_incident: bool) -> tuple[str, Promise | str]:
    """Return the overall state and its sentence. One component in trouble is named."""
    states = [ComponentState(line.component.state) for line in lines]
    troubled = [line.component for line in lines if line.component.state in TROUBLE]
    if not states and not has_incident:
        return ComponentState.UNKNOWN, _("There are no components yet.")
    if len(states) > 1 and set(states) == {ComponentState.DOWN}:
        return ComponentState.DOWN, _("All components are down.")
    state = get_worst_state([*states, ComponentState.DISTURBED] if has_incident else states)
    if state not in states:
        return state, _("There is an open incident.")
    if len(troubled) == 1:
        return state, TROUBLE[ComponentState(troubled[0].state)] % {"name": troubled[0].title}
    unknown = [line for line in lines if line.component.state == ComponentState.UNKNOWN]
    if state == ComponentState.UNKNOWN and all(line.is_waiting for line in unknown):
        return state, _("Waiting for the first results.")
    return state, SENTENCES[state]


def build_status_context(preview: bool = False) -> dict[str, Any]:
    now = timezone.now()
    return build_context(StatusPage.current(), list_component_lines(now), now, preview)


def build_edited_context(page: StatusPage, components: Iterable[Component]) -> dict[str, Any]:
    """As if ``page`` and ``components``, which hold entered values, were saved."""
    now = timezone.now()
    stored = {line.component.pk: line for line in list_component_lines(now)}
    lines = []
    for component in sorted(components, key=lambda component: component.order):
        line = stored.get(component.pk) or ComponentLine(component, list_days({}, now), "", None, component.is_measured)
        is_measured_anew = not component.pk or list_measured_fields(component) != list_measured_fields(line.component)
        measured = find_first_state(component) if is_measured_anew else line.component.measured
        incident_states = get_incident_states(component) if component.pk else []
        component.state = component.by_hand or get_worst_state([measured, *incident_states])
        is_waiting = line.is_waiting and component.state == ComponentState.UNKNOWN
        lines.append(line._replace(component=component, is_waiting=is_waiting))
    return build_context(page, lines, now)


def build_context(page: StatusPage, lines: list[ComponentLine], now: datetime, preview: bool = False) -> dict[str, Any]:
    open_incidents = list(get_published_incidents().filter(ended_at=None))
    overall, sentence = summarize_states(lines, bool(open_incidents))
    measured = any(line.component.is_measured for line in lines)
    return {
        "page": page,
        "title": page.title or Workspace.current().name or "myweb",
        "introduction": markdown.render_markdown(page.text, {})[0] if page.text else "",
        "overall": overall,
        "sentence": sentence,
        "groups": group_lines(lines),
        "days": UPTIME_DAYS,
        "going": open_incidents,
        "past": list_past_days(now, open_incidents),
        "silent": get_unmeasured_since() if measured else None,
        "preview": preview,
    }


def render_template(template: str, context: dict[str, Any]) -> RenderedPage:
    body = render_to_string(template, context)
    return RenderedPage(body, make_etag(body), context["page"].published)


def make_etag(body: str) -> str:
    return f'"{sha256(body.encode()).hexdigest()[:20]}"'


def render_status_now(_language: str) -> RenderedPage:
    return render_template("status/status_now.html", build_status_context())


def render_status_page(language: str, preview: bool = False) -> RenderedPage:
    context = build_status_context(preview)
    addresses = {name: reverse(f"status_{name}", args=[language]) for name in ("now", "feed")}
    return render_template("status/status.html", {**context, "addresses": addresses, "workspace": Workspace.current()})


class PageCache:
    """Caches one rendering for all requests within some seconds."""

    def __init__(self, make: Callable[[str], RenderedPage]) -> None:
        self.render = make
        self.renderings: dict[str, tuple[float, RenderedPage]] = {}
        self.lock = threading.Lock()

    def get(self, language: str) -> RenderedPage:
        with self.lock, translation.override(language):
            until, rendered = self.renderings.get(language, (0.0, None))
            if rendered is None or time.monotonic() >= until:
                rendered = self.render(language)
                self.renderings[language] = (time.monotonic() + CACHE_SECONDS, rendered)
            return rendered

    def clear(self) -> None:
        self.renderings.clear()


page_cache, now_cache = PageCache(render_status_page), PageCache(render_status_now)


def clear_page_caches() -> None:
    """Clear the caches of this process; those of others expire within seconds."""
    page_cache.clear()
    now_cache.clear()
    StatusPage.forget()
