"""Pages of alerts and silences."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthenticatedRequest
from monitor.alerts import access, actions, services, text
from monitor.alerts.cards import build_alert_card, prefetched_card_rows
from monitor.alerts.forms import SilenceForm
from monitor.alerts.models import Alert, Silence
from monitor.alerts.silences import next_window
from myweb.errors import NotFound, Refused
from myweb.times import find_zone, format_weekly_hours, to_wall

MAX_ENDED = 100  # ended alerts on the page
View = Callable[..., HttpResponse]


def show_refusals_on(page: str) -> Callable[[View], View]:
    """Shows refusals as messages on ``page``. A 404 stays a 404."""

    def wrapper(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except NotFound:
                raise
            except Refused as refused:
                messages.error(request, str(refused.text))
                return redirect(page)

        return wrapped

    return wrapper


def build_alert_row(alert: Alert) -> dict[str, Any]:
    """Builds the context of an alert's row."""
    card = build_alert_card(alert, prefetched_card_rows(alert))
    ended = alert.ended_at or timezone.now()
    return {
        "alert": alert,
        "card": card,
        "lasted": text.format_span(int((ended - alert.began_at).total_seconds())),
        "href": reverse("room", args=[alert.room_id]) + (f"?at={alert.message.seq}" if alert.message else ""),
    }


@require_safe
def list_alerts(request: AuthenticatedRequest) -> HttpResponse:
    alerts = (
        access.alerts_of(request.user)
        .select_related("room", "message", "acked_by", "closed_by")
        .prefetch_related("instances")
    )
    open_rows = [build_alert_row(alert) for alert in alerts.filter(ended_at=None)]
    context = {
        "firing": [row for row in open_rows if row["alert"].state == "firing"],
        "handled": [row for row in open_rows if row["alert"].state != "firing"],
        "over": [build_alert_row(alert) for alert in alerts.exclude(ended_at=None)[:MAX_ENDED]],
        "here": "alerts",
    }
    return render(request, "alerts/alerts.html", context)


@require_safe
def redirect_to_card(request: AuthenticatedRequest, number: int) -> HttpResponse:
    """Redirects to the alert card in its room."""
    return redirect(build_alert_row(access.get_alert(request.user, number))["href"])


@require_POST
@show_refusals_on("alerts")
def submit_action(request: AuthenticatedRequest, number: int) -> HttpResponse:
    """``do`` is acknowledge, unacknowledge, silence or close."""
    action, minutes = request.POST.get("do", ""), request.POST.get("minutes", "60")
    if action in actions.ACTIONS:
        actions.ACTIONS[action](request.user, number)
    elif action in actions.TIMED_ACTIONS and minutes.isdecimal() and len(minutes) < 9:
        actions.TIMED_ACTIONS[action](request.user, number, int(minutes), request.POST.get("words", ""))
    return redirect("alerts")


def list_silences(request: AuthenticatedRequest) -> HttpResponse:
    now = timezone.now().replace(second=0, microsecond=0)
    initial = {"starts": format_local_time(now), "ends": format_local_time(now, 1), "room": request.GET.get("room")}
    form = SilenceForm(request.POST or None, by=request.user, initial=initial)
    if not form.is_bound:  # a script shows these times in the browser's time zone
        form.fields["starts"].widget.attrs["data-at"] = now.isoformat()
        form.fields["ends"].widget.attrs["data-at"] = (now + timedelta(hours=1)).isoformat()
    if request.method == "POST" and form.is_valid():
        try:
            services.create_silence(request.user, form.cleaned_data.pop("room"), **form.cleaned_data)
            return redirect("alert_silences")
        except Refused as refused:
            form.add_error(None, str(refused.text))
    silences = [
        silence for silence in access.silences_of(request.user).filter(ended_at=None) if is_silence_active(silence)
    ]
    context = {"silences": [build_silence_row(silence) for silence in silences], "form": form, "here": "alert_silences"}
    return render(request, "alerts/silences.html", context)


def build_silence_row(silence: Silence) -> dict[str, Any]:
    """Adds the current or next period, and the weekly hours in the silence's own time zone."""
    zone = find_zone(silence.zone)
    begins, ends = next_window(silence, timezone.now())
    hours = format_weekly_hours(to_wall(silence.starts, zone), to_wall(silence.ends, zone))
    return {"silence": silence, "begins": begins, "ends": ends, "hours": hours, "zone": zone.key}


def format_local_time(moment: Any, hours: int = 0) -> str:
    return str((moment + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M"))


def is_silence_active(silence: Silence) -> bool:
    return silence.weekly or silence.ends > timezone.now()


@require_POST
@show_refusals_on("alert_silences")
def submit_silence_end(request: AuthenticatedRequest, number: int) -> HttpResponse:
    services.end_silence(access.get_silence(request.user, number))
    return redirect("alert_silences")
