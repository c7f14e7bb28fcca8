"""Pages of sources. Members of the room can view them, admins can change them."""

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
from monitor.metrics.ingest.forms import PushedForm, ScrapedForm, VisibilityForm
from monitor.metrics.ingest.new_source_views import redirect_refusals, render_new_form, render_token_page
from monitor.metrics.ingest.source_status import get_source_status, list_series_lines
from monitor.metrics.models import Pushed, Scraped, Source
from monitor.metrics.readings import SERIES_LIMIT
from monitor.metrics.store.ring import LENGTH
from monitor.metrics.titles import TITLES
from myweb.errors import NotFound
from myweb.formats import format_exact_duration

OWN_TITLES = {"beats": gettext_lazy("Heartbeats"), "statsd": "statsd"}


@require_GET
def show_sources(request: AuthenticatedRequest) -> HttpResponse:
    found = list(access.get_visible_sources(request.user).annotate(counted=Count("series")))
    now = timezone.now()
    context = {
        "pushed": [(each, get_source_status(each)) for each in found if hasattr(each, "pushed")],
        "scraped": [(each, get_source_status(each)) for each in found if hasattr(each, "scraped")],
        "own": [(each, get_source_title(each), get_source_status(each)) for each in found if is_own(each)],
        "beats": [(each, schedule.get_beat_state(each, now)) for each in access.get_visible_beats(request.user)],
    }
    return render(request, "metrics/sources.html", context)


def is_own(source: Source) -> bool:
    return not hasattr(source, "pushed") and not hasattr(source, "scraped")


def get_source_title(source: Source) -> Any:
    if hasattr(source, "pushed"):
        return source.pushed.name
    if hasattr(source, "scraped"):
        return source.scraped.name
    return TITLES.get(source.key) or OWN_TITLES.get(source.key, source.key)


@redirect_refusals
def show_new_pushed(request: AuthenticatedRequest) -> HttpResponse:
    words = {"title": _("Push values"), "lead": _("A program sends its values here with a token.")}

    def make(fields: dict[str, Any]) -> HttpResponse:
        made, token = services.make_pushed(request.user, **fields)
        return render_token_page(
            request,
            made.name,
            token,
            snippets.build_push_snippets(request, token),
            reverse("source", args=[made.source.key]),
        )

    return render_new_form(request, PushedForm(request.POST or None, by=request.user), words, make)


@redirect_refusals
def show_new_scraped(request: AuthenticatedRequest) -> HttpResponse:
    words = {
        "title": _("Scrape target"),
        "lead": _("A target in Prometheus format is scraped at regular intervals."),
    }

    def make(fields: dict[str, Any]) -> HttpResponse:
        return redirect("source", services.make_scraped(request.user, **fields).source.key)

    return render_new_form(request, ScrapedForm(request.POST or None, by=request.user), words, make)


@redirect_refusals
def show_source(request: AuthenticatedRequest, key: str) -> HttpResponse:
    found = access.get_source(request.user, key)
    form = build_source_form(request, found) if request.user.is_admin else None
    if request.method == "POST":
        services.check_source_admin(request.user)
        if form and form.is_valid():
            save_source(request, found, form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("source", key)
    now = get_source_status(found, LENGTH)
    context = {
        "source": found,
        "title": get_source_title(found),
        "standing": now,
        "values": list_series_lines(found, now),
        "form": form,
        "lines": snippets.build_push_snippets(request) if hasattr(found, "pushed") else [],
        "spans": format_source_durations(found),
        "has_board": found.key in TITLES,
        "limit": SERIES_LIMIT,
        "removable": request.user.is_admin and services.is_removable(found),
    }
    return render(request, "metrics/source.html", context)


def build_source_form(request: AuthenticatedRequest, found: Source) -> VisibilityForm:
    known: dict[str, Any] = {"room": found.room}
    if hasattr(found, "pushed"):
        known |= {"name": found.pushed.name, "every": found.pushed.every}
        return PushedForm(request.POST or None, by=request.user, initial=known)
    if hasattr(found, "scraped"):
        known |= {
            name: getattr(found.scraped, name) for name in ("name", "url", "interval", "timeout", "allowed", "ca")
        }
        return ScrapedForm(request.POST or None, by=request.user, initial=known)
    return VisibilityForm(request.POST if request.method == "POST" else None, by=request.user, initial=known)


def format_source_durations(found: Source) -> dict[str, str]:
    if hasattr(found, "pushed"):
        return {"every": format_exact_duration(found.pushed.every)}
    return {"interval": format_exact_duration(found.scraped.interval)} if hasattr(found, "scraped") else {}


def save_source(request: AuthenticatedRequest, found: Source, fields: dict[str, Any]) -> None:
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
@redirect_refusals
def renew_push_token(request: AuthenticatedRequest, key: str) -> HttpResponse:
    pushed = get_pushed(request, key)
    token = services.renew_pushed(request.user, pushed)
    return render_token_page(
        request, pushed.name, token, snippets.build_push_snippets(request, token), reverse("source", args=[key])
    )


@require_POST
@redirect_refusals
def revoke_push_token(request: AuthenticatedRequest, key: str) -> HttpResponse:
    services.revoke_pushed(request.user, get_pushed(request, key))
    messages.success(request, _("Token revoked. Stored values are kept."))
    return redirect("source", key)


@redirect_refusals
def show_source_removal(request: AuthenticatedRequest, key: str) -> HttpResponse:
    """Ask for confirmation and list what uses the source."""
    found = access.get_source(request.user, key)
    services.check_source_admin(request.user)
    if request.method == "POST":
        name = get_source_title(found)
        services.remove_source(request.user, found)
        messages.success(request, _("Removed: %(name)s.") % {"name": name})
        return redirect("sources")
    context = {
        "source": found,
        "title": get_source_title(found),
        "uses": [find_uses(found) for find_uses in services.use_finders],
        "series": found.series.count(),
        "removable": services.is_removable(found),
    }
    return render(request, "metrics/remove.html", context)


@require_POST
@redirect_refusals
def set_scraping_paused(request: AuthenticatedRequest, key: str) -> HttpResponse:
    services.pause_scraped(request.user, get_scraped(request, key), request.POST.get("paused") == "yes")
    return redirect("source", key)
