"""Pages of heartbeats. Members of the room can view them, admins can change them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import AuthenticatedRequest
from monitor.metrics import access
from monitor.metrics.ingest import heartbeat_schedule, services, snippets
from monitor.metrics.ingest.forms import BeatForm
from monitor.metrics.ingest.new_source_views import redirect_refusals, render_new_form, render_token_page
from monitor.metrics.models import Beat
from myweb.formats import format_exact_duration

CHANGES_SHOWN = 20


@redirect_refusals
def show_new_beat(request: AuthenticatedRequest) -> HttpResponse:
    texts = {
        "title": _("Heartbeat"),
        "lead": _("A scheduled job calls a URL after each run. If no call arrives in time, the heartbeat is down."),
    }

    def make(fields: dict[str, Any]) -> HttpResponse:
        beat, token = services.make_beat(request.user, **fields)
        return render_token_page(
            request,
            beat.name,
            token,
            snippets.build_beat_snippets(request, token),
            reverse("beat_page", args=[beat.key]),
        )

    return render_new_form(request, BeatForm(request.POST or None, by=request.user), texts, make)


@redirect_refusals
def show_beat(request: AuthenticatedRequest, key: str) -> HttpResponse:
    beat = access.get_beat(request.user, key)
    form = build_beat_form(request, beat) if request.user.is_admin else None
    if request.method == "POST":
        services.check_source_admin(request.user)
        if form and form.is_valid():
            services.change_beat(request.user, beat, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("beat_page", key)
    state = heartbeat_schedule.get_beat_state(beat, timezone.now())
    context = {
        "beat": beat,
        "state": state,
        "is_paused": state == Beat.State.PAUSED,
        "label": Beat.State(state).label,
        "changes": beat.changes.all()[:CHANGES_SHOWN],
        "period": format_exact_duration(beat.period),
        "grace": format_exact_duration(beat.grace),
        "form": form,
        "lines": snippets.build_beat_snippets(request),
    }
    return render(request, "metrics/heartbeat.html", context)


def build_beat_form(request: AuthenticatedRequest, beat: Beat) -> BeatForm:
    names = ("name", "room", "period", "cron", "zone", "grace")
    return BeatForm(request.POST or None, by=request.user, initial={name: getattr(beat, name) for name in names})


@require_POST
@redirect_refusals
def renew_beat_token(request: AuthenticatedRequest, key: str) -> HttpResponse:
    beat = access.get_beat(request.user, key)
    token = services.renew_beat(request.user, beat)
    return render_token_page(
        request, beat.name, token, snippets.build_beat_snippets(request, token), reverse("beat_page", args=[key])
    )


@require_POST
@redirect_refusals
def set_beat_paused(request: AuthenticatedRequest, key: str) -> HttpResponse:
    services.pause_beat(request.user, access.get_beat(request.user, key), request.POST.get("paused") == "yes")
    return redirect("beat_page", key)


@require_POST
@redirect_refusals
def delete_beat(request: AuthenticatedRequest, key: str) -> HttpResponse:
    services.remove_beat(request.user, access.get_beat(request.user, key))
    messages.success(request, _("The heartbeat was removed."))
    return redirect("sources")
