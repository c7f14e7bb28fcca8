"""What the buttons of a schedule do: shifts, overrides, offers, and its removal."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import AuthenticatedRequest
from monitor.oncall import access, services, timetable
from myweb.errors import NotFound, Refused
from myweb.numbers import parse_number

View = Callable[..., HttpResponse]


def show_refusals(view: View) -> View:
    """Shows a refusal as a message on the page of the schedule. A 404 stays a 404."""

    @wraps(view)
    def wrapped(request: AuthenticatedRequest, number: int) -> HttpResponse:
        try:
            return view(request, number)
        except NotFound:
            raise
        except Refused as refused:
            messages.error(request, str(refused.text))
            schedule = parse_number(request.POST.get("schedule", "")) or number
            return redirect("oncall_schedule", schedule)

    return wrapped


@require_POST
@show_refusals
def submit_removal(request: AuthenticatedRequest, number: int) -> HttpResponse:
    services.remove_schedule(request.user, access.get_schedule(request.user, number))
    return redirect("oncall")


@require_POST
@show_refusals
def submit_shift(request: AuthenticatedRequest, number: int) -> HttpResponse:
    """``do`` is take or offer, ``at`` a moment of the shift in seconds since 1970; without it, now."""
    schedule = access.get_schedule(request.user, number)
    seconds = parse_number(request.POST.get("at", ""))
    moment = timezone.now()
    if seconds and abs(seconds - moment.timestamp()) < timetable.LONGEST_SHIFT.total_seconds():
        moment = datetime.fromtimestamp(seconds, moment.tzinfo)
    if request.POST.get("do") == "offer":
        services.offer_shift(request.user, schedule, moment)
        messages.success(request, _("Offered in #%(room)s.") % {"room": schedule.room.name})
    else:
        override = services.take_over(request.user, schedule, moment)
        text = _("You are on call until %(ends)s.")
        messages.success(request, text % {"ends": timetable.format_local(schedule, override.ends)})
    return redirect("oncall_schedule", number)


@require_POST
@show_refusals
def submit_override_removal(request: AuthenticatedRequest, number: int) -> HttpResponse:
    override = access.get_override(request.user, number)
    services.remove_override(request.user, override)
    return redirect("oncall_schedule", override.schedule_id)


@require_POST
@show_refusals
def submit_offer(request: AuthenticatedRequest, number: int) -> HttpResponse:
    """``do`` is take or withdraw."""
    offer = access.get_offer(request.user, number)
    if request.POST.get("do") == "withdraw":
        services.withdraw_offer(request.user, number)
    else:
        services.take_offered_shift(request.user, number)
    return redirect(reverse("oncall_schedule", args=[offer.schedule_id]))
