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
from monitor.metrics.catalogue import MAX_SERIES_PER_SOURCE
from monitor.metrics.ingest import heartbeat_schedule, services, snippets
from monitor.metrics.ingest.forms import PushedForm, ScrapedForm, VisibilityForm
from monitor.metrics.ingest.new_source_views import redirect_refusals, render_new_form, render_token_page
from monitor.metrics.ingest.source_status import get_source_status, list_series_lines
from monitor.metrics.models import Pushed, Scraped, Source
from monitor.metrics.store.ring import RING_SECONDS
from monitor.metrics.titles import TITLES
from myweb.errors import NotFound
from myweb.formats import format_exact_duration

OWN_TITLES = {"backups": gettext_lazy("Backups"), "beats": gettext_lazy("Heartbeats"), "statsd": "statsd"}


@require_GET
def show_sources(request: AuthenticatedRequest) -> HttpResponse:
    sources = list(access.get_visible_sources(request.user).annotate(counted=Count("series")))
    now = timezone.now()
    context = {
        "pushed": [(source, get_source_status(source)) for source in sources if hasattr(source, "pushed")],
        "scraped": [(source, get_source_status(source)) for source in sources if hasattr(source, "scraped")],
        "own": [(source, get_source_title(source), get_source_status(source)) for source in sources if is_own(source)],
        "beats": [
            (beat, heartbeat_schedule.get_beat_state(beat, now)) for beat in access.get_visible_beats(request.user)
        ],
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
    texts = {"title": _("Push values"), "lead": _("A program sends its values here with a token.")}

    def make(fields: dict[str, Any]) -> HttpResponse:
        pushed, token = services.make_pushed(request.user, **fields)
        return render_token_page(
            request,
            pushed.name,
            token,
            snippets.build_push_snippets(request, token),
            reverse("source", args=[pushed.source.key]),
        )

    return render_new_form(request, PushedForm(request.POST or None, by=request.user), texts, make)


@redirect_refusals
def show_new_scraped(request: AuthenticatedRequest) -> HttpResponse:
    texts = {
        "title": _("Scrape target"),
        "lead": _("A target in Prometheus format is scraped at regular intervals."),
    }

    def make(fields: dict[str, Any]) -> HttpResponse:
        return redirect("source", services.make_scraped(request.user, **fields).source.key)

    return render_new_form(request, ScrapedForm(request.POST or None, by=request.user), texts, make)


@redirect_refusals
def show_source(request: AuthenticatedRequest, key: str) -> HttpResponse:
    source = access.get_source(request.user, key)
    form = build_source_form(request, source) if request.user.is_admin else None
    if request.method == "POST":
        services.check_source_admin(request.user)
        if form and form.is_valid():
            save_source(request, source, form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("source", key)
    status = get_source_status(source, RING_SECONDS)
    context = {
        "source": source,
        "title": get_source_title(source),
        "status": status,
        "values": list_series_lines(source, status),
        "form": form,
        "lines": snippets.build_push_snippets(request) if hasattr(source, "pushed") else [],
        "durations": format_source_durations(source),
        "has_dashboard": source.key in TITLES,
        "limit": MAX_SERIES_PER_SOURCE,
        "removable": request.user.is_admin and services.is_removable(source),
    }
    return render(request, "metrics/source.html", context)


def build_source_form(request: AuthenticatedRequest, source: Source) -> VisibilityForm:
    initial: dict[str, Any] = {"room": source.room}
    if hasattr(source, "pushed"):
        initial |= {"name": source.pushed.name, "every": source.pushed.every}
        return PushedForm(request.POST or None, by=request.user, initial=initial)
    if hasattr(source, "scraped"):
        initial |= {
            name: getattr(source.scraped, name) for name in ("name", "url", "interval", "timeout", "allowed", "ca")
        }
        return ScrapedForm(request.POST or None, by=request.user, initial=initial)
    return VisibilityForm(request.POST if request.method == "POST" else None, by=request.user, initial=initial)


def format_source_durations(source: Source) -> dict[str, str]:
    if hasattr(source, "pushed"):
        return {"every": format_exact_duration(source.pushed.every)}
    return {"interval": format_exact_duration(source.scraped.interval)} if hasattr(source, "scraped") else {}


def save_source(request: AuthenticatedRequest, source: Source, fields: dict[str, Any]) -> None:
    if hasattr(source, "pushed"):
        services.change_pushed(request.user, source.pushed, **fields)
    elif hasattr(source, "scraped"):
        services.change_scraped(request.user, source.scraped, **fields)
    else:
        services.assign_source(request.user, source, fields["room"])


def get_pushed(request: AuthenticatedRequest, key: str) -> Pushed:
    source = access.get_source(request.user, key)
    if not hasattr(source, "pushed"):
        raise NotFound
    return source.pushed


def get_scraped(request: AuthenticatedRequest, key: str) -> Scraped:
    source = access.get_source(request.user, key)
    if not hasattr(source, "scraped"):
        raise NotFound
    return source.scraped


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
    source = access.get_source(request.user, key)
    services.check_source_admin(request.user)
    if request.method == "POST":
        name = get_source_title(source)
        services.remove_source(request.user, source)
        messages.success(request, _("Removed: %(name)s.") % {"name": name})
        return redirect("sources")
    context = {
        "source": source,
        "title": get_source_title(source),
        "uses": [find_uses(source) for find_uses in services.use_finders],
        "series": source.series.count(),
        "removable": services.is_removable(source),
    }
    return render(request, "metrics/remove.html", context)


@require_POST
@redirect_refusals
def set_scraping_paused(request: AuthenticatedRequest, key: str) -> HttpResponse:
    services.pause_scraped(request.user, get_scraped(request, key), request.POST.get("paused") == "yes")
    return redirect("source", key)
