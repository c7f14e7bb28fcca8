"""Pages of alerts and silences."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthenticatedRequest
from chat import markdown
from chat.access import member_rooms
from monitor.alerts import access, actions, condition_text, services, timeline
from monitor.alerts.cards import AlertLine, build_alert_card, prefetched_card_rows
from monitor.alerts.forms import SilenceForm
from monitor.alerts.models import Alert, Severity, Silence
from monitor.alerts.silences import next_window
from monitor.alerts.sparklines import build_sparkline
from monitor.alerts.strings import PAGE
from monitor.metrics.readings import format_reading
from myweb.errors import NotFound, Refused, get_or_not_found
from myweb.http import encode
from myweb.numbers import parse_number
from myweb.times import find_zone, format_weekly_hours, to_wall

MAX_ENDED = 100  # ended alerts on the page
RECENT = timedelta(hours=24)
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
    first = card.lines[0] if card.lines else None
    has_value = (
        first and card.picture and not first.words and first.value is not None and not first.name.endswith(" up")
    )
    return {
        "alert": alert,
        "card": card,
        "value": format_reading(first.value, first.unit) if first and has_value else "",
        "spark": build_sparkline(card.picture) if card.picture else None,
        "lasted": condition_text.format_span(
            int(((alert.ended_at or timezone.now()) - alert.began_at).total_seconds())
        ),
        "href": reverse("room", args=[alert.room_id]) + (f"?at={alert.message.seq}" if alert.message else ""),
    }


@require_safe
def list_alerts(request: AuthenticatedRequest) -> HttpResponse:
    """``?severity=`` and ``?room=`` choose among them, ``?past=all`` also shows older ones."""
    alerts = filter_alerts(request.GET, with_rows(access.alerts_of(request.user)))
    open_rows = [build_alert_row(alert) for alert in alerts.filter(ended_at=None)]
    ended = alerts.exclude(ended_at=None)
    shows_all = request.GET.get("past") == "all"
    recent = ended if shows_all else ended.filter(ended_at__gt=timezone.now() - RECENT)
    groups = [
        ("firing", _("Firing"), [row for row in open_rows if row["alert"].state == "firing"]),
        ("handled", _("Acknowledged or silenced"), [row for row in open_rows if row["alert"].state != "firing"]),
        (
            "over",
            _("Recovered") if shows_all else _("Recovered in the last 24 h"),
            [build_alert_row(alert) for alert in recent[:MAX_ENDED]],
        ),
    ]
    context = {
        "groups": [group for group in groups if group[2]],
        "quiet": not groups[0][2],
        "has_older": not shows_all and ended.exclude(ended_at__gt=timezone.now() - RECENT).exists(),
        "severities": Severity.choices,
        "rooms": member_rooms(request.user).filter(pk__in=access.alerts_of(request.user).values("room")),
        "strings": {key: str(value) for key, value in PAGE.items()},
        "filter": {name: request.GET.get(name, "") for name in ("severity", "room", "past")},
        "here": "alerts",
    }
    return render(request, "alerts/alerts.html", context)


def with_rows(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    """Loads what a row shows."""
    return alerts.select_related("rule", "room", "message", "acked_by", "closed_by").prefetch_related("instances")


def filter_alerts(query: QueryDict, alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    severity, room = query.get("severity", ""), parse_number(query.get("room", ""))
    if severity in Severity.values:
        alerts = alerts.filter(severity=severity)
    return alerts.filter(room=room) if room is not None else alerts


@require_safe
def show_alert(request: AuthenticatedRequest, number: int) -> HttpResponse:
    """The page of one alert. ``alerts_page.js`` shows its content beside the list. ``?silence`` opens that form."""
    alert = get_or_not_found(with_rows(access.alerts_of(request.user)), pk=number)
    rule = access.rules_of(request.user).filter(pk=alert.rule_id or 0).first()  # it may have moved to another room
    runbook = rule.runbook if rule else "" if alert.runbook.startswith("/") else alert.runbook
    row, earlier = build_alert_row(alert), timeline.find_earlier(alert)
    card = row["card"]
    context = row | {
        "picture_json": encode(card.picture).decode() if card.picture else "",
        "series": [(line.name, describe_line(line), line.ended) for line in card.lines],
        "more_series": card.total - len(card.lines),
        "silence_choices": [
            (minutes, condition_text.format_span(minutes * 60)) for minutes in actions.OFFERED_MINUTES["silence"]
        ],
        "timeline": timeline.build_timeline(alert, request.user),
        "earlier": earlier,
        "earlier_lasted": condition_text.format_span(earlier.lasted) if earlier else "",
        "earlier_typical": condition_text.format_span(earlier.typical) if earlier else "",
        "rule": rule,
        "runbook": mark_safe(markdown.render_markdown(runbook, {})[0]) if runbook else "",  # noqa: S308
        "strings": {key: str(value) for key, value in PAGE.items()},
        "silencing": "silence" in request.GET,
        "here": "alerts",
    }
    return render(request, "alerts/alert.html", context)


def describe_line(line: AlertLine) -> str:
    if line.ended:
        return _("No data") if line.gone else _("back to normal")
    return line.words or ("" if line.value is None else format_reading(line.value, line.unit))


@require_POST
@show_refusals_on("alerts")
def submit_action(request: AuthenticatedRequest, number: int) -> HttpResponse:
    """``do`` is acknowledge, unacknowledge, silence, unsilence or close. ``stay`` leads back to the alert."""
    action, minutes = request.POST.get("do", ""), request.POST.get("minutes", str(actions.DEFAULT_MINUTES))
    if action in actions.ACTIONS:
        actions.ACTIONS[action](request.user, number)
    elif action in actions.TIMED_ACTIONS and minutes.isdecimal() and len(minutes) < 9:
        actions.TIMED_ACTIONS[action](request.user, number, int(minutes), request.POST.get("words", ""))
    return redirect("alert", number) if "stay" in request.POST else redirect("alerts")


def list_silences(request: AuthenticatedRequest) -> HttpResponse:
    form = SilenceForm(request.POST or None, by=request.user, initial={"room": request.GET.get("room")})
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


def is_silence_active(silence: Silence) -> bool:
    return silence.weekly or silence.ends > timezone.now()


@require_POST
@show_refusals_on("alert_silences")
def submit_silence_end(request: AuthenticatedRequest, number: int) -> HttpResponse:
    services.end_silence(access.get_silence(request.user, number))
    return redirect("alert_silences")
