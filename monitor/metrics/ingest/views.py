"""The pages of sources: members of a room look, admins make and change."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.http import AuthenticatedRequest
from monitor.metrics import access
from monitor.metrics.ingest import schedule, services, snippets
from monitor.metrics.ingest.forms import Given, PushedForm, ScrapedForm
from monitor.metrics.ingest.new_source_views import new, shown, speaking
from monitor.metrics.ingest.source_status import newest_values, standing
from monitor.metrics.models import Pushed, Scraped, Source
from monitor.metrics.readings import SERIES_LIMIT
from monitor.metrics.store.ring import LENGTH
from monitor.metrics.titles import TITLES
from myweb.errors import NotFound
from myweb.formats import format_exact_duration

OWN = {"beats": gettext_lazy("Heartbeats"), "statsd": "statsd"}


@require_GET
def sources(request: AuthenticatedRequest) -> HttpResponse:
    found = list(access.sources_of(request.user).annotate(counted=Count("series")))
    now = timezone.now()
    context = {
        "pushed": [(each, standing(each)) for each in found if hasattr(each, "pushed")],
        "scraped": [(each, standing(each)) for each in found if hasattr(each, "scraped")],
        "own": [(each, title(each), standing(each)) for each in found if is_own(each)],
        "beats": [(each, schedule.state_at(each, now)) for each in access.beats_of(request.user)],
    }
    return render(request, "metrics/sources.html", context)


def is_own(source: Source) -> bool:
    return not hasattr(source, "pushed") and not hasattr(source, "scraped")


def title(source: Source) -> Any:
    if hasattr(source, "pushed"):
        return source.pushed.name
    if hasattr(source, "scraped"):
        return source.scraped.name
    return TITLES.get(source.key) or OWN.get(source.key, source.key)


@speaking
def pushed_new(request: AuthenticatedRequest) -> HttpResponse:
    words = {"title": _("Push values"), "lead": _("A program sends its values here with a token.")}

    def make(fields: dict[str, Any]) -> HttpResponse:
        made, token = services.make_pushed(request.user, **fields)
        return shown(
            request, made.name, token, snippets.pushing(request, token), reverse("source", args=[made.source.key])
        )

    return new(request, PushedForm(request.POST or None, by=request.user), words, make)


@speaking
def scraped_new(request: AuthenticatedRequest) -> HttpResponse:
    words = {
        "title": _("Scrape target"),
        "lead": _("A target in Prometheus format is scraped at regular intervals."),
    }

    def make(fields: dict[str, Any]) -> HttpResponse:
        return redirect("source", services.make_scraped(request.user, **fields).source.key)

    return new(request, ScrapedForm(request.POST or None, by=request.user), words, make)


@speaking
def source(request: AuthenticatedRequest, key: str) -> HttpResponse:
    found = access.get_source(request.user, key)
    form = form_of(request, found) if request.user.is_admin else None
    if request.method == "POST":
        services.check_admin(request.user)
        if form and form.is_valid():
            change(request, found, form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("source", key)
    now = standing(found, LENGTH)
    context = {
        "source": found,
        "title": title(found),
        "standing": now,
        "values": newest_values(found, now),
        "form": form,
        "lines": snippets.pushing(request) if hasattr(found, "pushed") else [],
        "spans": spans_of(found),
        "has_board": found.key in TITLES,
        "limit": SERIES_LIMIT,
        "removable": request.user.is_admin and services.is_removable(found),
    }
    return render(request, "metrics/source.html", context)


def form_of(request: AuthenticatedRequest, found: Source) -> Given:
    known: dict[str, Any] = {"room": found.room}
    if hasattr(found, "pushed"):
        known |= {"name": found.pushed.name, "every": found.pushed.every}
        return PushedForm(request.POST or None, by=request.user, initial=known)
    if hasattr(found, "scraped"):
        known |= {
            name: getattr(found.scraped, name) for name in ("name", "url", "interval", "timeout", "allowed", "ca")
        }
        return ScrapedForm(request.POST or None, by=request.user, initial=known)
    return Given(request.POST if request.method == "POST" else None, by=request.user, initial=known)


def spans_of(found: Source) -> dict[str, str]:
    if hasattr(found, "pushed"):
        return {"every": format_exact_duration(found.pushed.every)}
    return {"interval": format_exact_duration(found.scraped.interval)} if hasattr(found, "scraped") else {}


def change(request: AuthenticatedRequest, found: Source, fields: dict[str, Any]) -> None:
    if hasattr(found, "pushed"):
        services.change_pushed(request.user, found.pushed, **fields)
    elif hasattr(found, "scraped"):
        services.change_scraped(request.user, found.scraped, **fields)
    else:
        services.assign_source(request.user, found, fields["room"])


def get_pushed(request: AuthenticatedRequest, key: str) -> Pushed:
    found = access.get_source(request.user, key)
    if not hasattr(found, "pushed"):
        raise NotFound
    return found.pushed


def get_scraped(request: AuthenticatedRequest, key: str) -> Scraped:
    found = access.get_source(request.user, key)
    if not hasattr(found, "scraped"):
        raise NotFound
    return found.scraped


@require_POST
@speaking
def pushed_renew(request: AuthenticatedRequest, key: str) -> HttpResponse:
    pushed = get_pushed(request, key)
    token = services.renew(request.user, pushed)
    return shown(request, pushed.name, token, snippets.pushing(request, token), reverse("source", args=[key]))


@require_POST
@speaking
def pushed_revoke(request: AuthenticatedRequest, key: str) -> HttpResponse:
    services.revoke(request.user, get_pushed(request, key))
    messages.success(request, _("Token revoked. Stored values are kept."))
    return redirect("source", key)


@speaking
def source_remove(request: AuthenticatedRequest, key: str) -> HttpResponse:
    """Asks first, and says what becomes of what is built on it."""
    found = access.get_source(request.user, key)
    services.check_admin(request.user)
    if request.method == "POST":
        name = title(found)
        services.remove_source(request.user, found)
        messages.success(request, _("Removed: %(name)s.") % {"name": name})
        return redirect("sources")
    context = {
        "source": found,
        "title": title(found),
        "uses": [find_uses(found) for find_uses in services.use_finders],
        "series": found.series.count(),
        "removable": services.is_removable(found),
    }
    return render(request, "metrics/remove.html", context)


@require_POST
@speaking
def scraped_pause(request: AuthenticatedRequest, key: str) -> HttpResponse:
    services.pause_scraped(request.user, get_scraped(request, key), request.POST.get("paused") == "yes")
    return redirect("source", key)
