"""What the public page shows: made once for everybody, in each language, and kept for a moment."""

import threading
import time
from collections.abc import Callable
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
from monitor.metrics.lease import FOR
from monitor.metrics.models import Lease
from monitor.status.models import Component, Incident, IncidentUpdate, State, StatusChange, StatusPage
from monitor.status.states import worst
from monitor.status.uptime import DAYS, Day, by_day, days_of, first_day, measured_since, midnight, share, spans

KEPT = 2.0  # seconds: however many readers there are, a process makes it so seldom
QUIET_DAYS = 7  # days that are listed even when nothing happened
YOUNG = timedelta(days=1)  # measured for less: a percentage says little without since when
SILENT = timedelta(seconds=10)  # without a word of the collector: what is shown may be old


SENTENCES = {
    State.WORKS: _("All systems operational."),
    State.UNKNOWN: _("Some components have no data."),
    State.DISTURBED: _("Some components are degraded."),
    State.DOWN: _("Some components are down."),
}


class Line(NamedTuple):
    component: Component
    days: list[Day]
    uptime: str
    since: datetime | None  # what it is measured since, if that is less than a day


class Past(NamedTuple):
    day: datetime
    incidents: list[Incident]
    going: list[Incident]  # on that day, and not over yet


class Rendered(NamedTuple):
    body: str
    etag: str
    published: bool


def lines(now: datetime) -> list[Line]:
    start = first_day(now)
    earlier = StatusChange.objects.filter(component=OuterRef("pk"), at__lt=start).order_by("-at", "-pk")
    since = Prefetch("changes", StatusChange.objects.filter(at__gte=start).order_by("at", "pk"), to_attr="recent")
    found = []
    for component in Component.objects.annotate(before=Subquery(earlier.values("state")[:1])).prefetch_related(since):
        changes = [(change.at, change.state) for change in component.recent]
        seen = list(spans(component.before, changes, start, now))
        seconds, begun = by_day(seen), measured_since(seen)
        young = begun if begun and now - begun < YOUNG else None
        found.append(Line(component, days_of(seconds, now), share(seconds), young))
    return found


def told() -> "QuerySet[Incident]":
    newest = IncidentUpdate.objects.filter(shown=True).order_by("-at", "-pk")
    return Incident.objects.filter(published=True).prefetch_related(
        Prefetch("updates", newest, to_attr="news"), "components"
    )


def past(now: datetime, going: list[Incident]) -> list[Past]:
    """By day, the newest first; of the last days also those on which nothing happened."""
    days = {midnight(now, -number): list[Incident]() for number in range(QUIET_DAYS)}
    for incident in told().filter(ended_at__gte=first_day(now)):
        days.setdefault(midnight(incident.started_at), []).append(incident)
    return [
        Past(day, days[day], [each for each in going if midnight(each.started_at) <= day])
        for day in sorted(days, reverse=True)
    ]


def sentence(states: list[str], trouble: bool) -> tuple[str, Promise]:
    """How it is altogether: a state and the words for it."""
    if not states and not trouble:
        return State.UNKNOWN, _("There are no components yet.")
    if states and set(states) == {State.DOWN}:
        return State.DOWN, _("All components are down.")
    state = worst([*states, State.DISTURBED] if trouble else states)
    return state, _("There is an open incident.") if state not in states else SENTENCES[state]


def silent_since(now: datetime) -> datetime | None:
    """When the collector last measured, if that is too long ago."""
    until = Lease.objects.filter(name="collector").values_list("until", flat=True).first()
    heard = until - FOR if until else None
    return heard if heard and now - heard > SILENT else None


def state_of_things(preview: bool = False) -> dict[str, Any]:
    now = timezone.now()
    page, shown, going = StatusPage.current(), lines(now), list(told().filter(ended_at=None))
    overall, words = sentence([each.component.state for each in shown], bool(going))
    measured = any(each.component.down_when or each.component.disturbed_when for each in shown)
    return {
        "page": page,
        "title": page.title or Workspace.current().name or "myweb",
        "introduction": markdown.render_markdown(page.text, {})[0] if page.text else "",
        "overall": overall,
        "sentence": words,
        "lines": shown,
        "days": DAYS,
        "going": going,
        "past": past(now, going),
        "silent": silent_since(now) if measured else None,
        "preview": preview,
    }


def rendered(template: str, context: dict[str, Any]) -> Rendered:
    body = render_to_string(template, context)
    return Rendered(body, etag_of(body), context["page"].published)


def etag_of(body: str) -> str:
    return f'"{sha256(body.encode()).hexdigest()[:20]}"'


def now_part(_language: str) -> Rendered:
    return rendered("status/status_now.html", state_of_things())


def whole(language: str, preview: bool = False) -> Rendered:
    context = state_of_things(preview)
    addresses = {name: reverse(f"status_{name}", args=[language]) for name in ("now", "feed")}
    return rendered("status/status.html", {**context, "addresses": addresses, "workspace": Workspace.current()})


class Kept:
    """One rendering for all who ask within a moment."""

    def __init__(self, make: Callable[[str], Rendered]) -> None:
        self.make = make
        self.made: dict[str, tuple[float, Rendered]] = {}
        self.lock = threading.Lock()

    def get(self, language: str) -> Rendered:
        with self.lock, translation.override(language):
            until, known = self.made.get(language, (0.0, None))
            if known is None or time.monotonic() >= until:
                known = self.make(language)
                self.made[language] = (time.monotonic() + KEPT, known)
            return known

    def forget(self) -> None:
        self.made.clear()


kept_page, kept_now = Kept(whole), Kept(now_part)


def forget() -> None:
    """What this process has kept; others make theirs anew by themselves in a moment."""
    kept_page.forget()
    kept_now.forget()
