"""Pages of schedules; shift_views.py has what their buttons do."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.access import check_admin
from accounts.http import AuthenticatedRequest
from accounts.models import User
from monitor.oncall import access, services, timetable
from monitor.oncall.forms import OverrideForm, ScheduleForm
from monitor.oncall.models import Schedule
from monitor.oncall.timetable import UserShift
from myweb.errors import Refused
from myweb.times import find_zone, format_month_day, to_instant, to_wall

WEEKS = 4  # of the calendar
MAX_SHIFTS = 12  # in the list of the next ones


class CalendarDay(NamedTuple):
    label: str  # the number, with the month where one begins
    is_past: bool
    is_today: bool
    shifts: list[tuple[str, UserShift]]  # with the local time at which each begins on this day, or empty


@require_safe
def list_schedules(request: AuthenticatedRequest) -> HttpResponse:
    now = timezone.now()
    schedules = list(access.schedules_of(request.user))
    context = {
        "rows": [build_row(schedule, now) for schedule in schedules],
        "gaps": timetable.list_schedules_with_gaps(schedules, now),
        "feed": access.feeds_of(request.user).filter(schedule=None).first(),
    }
    return render(request, "oncall/schedules.html", context)


def build_row(schedule: Schedule, now: datetime) -> dict[str, Any]:
    shifts = timetable.attach_users(timetable.load_shifts(schedule, now, now + timetable.LONGEST_SHIFT))
    return {
        "schedule": schedule,
        "now": shifts[0],
        "next": shifts[1] if len(shifts) > 1 else None,
        "turns": describe_turns(schedule),
    }


def describe_turns(schedule: Schedule) -> str:
    """ "Mondays 09:00, Europe/Berlin"."""
    names = WEEKDAYS if len(schedule.weekdays) == 1 else WEEKDAYS_ABBR
    days = _("daily") if len(schedule.weekdays) == 7 else ", ".join(str(names[day]) for day in schedule.weekdays)
    texts = {"days": days, "time": schedule.at.strftime("%H:%M"), "zone": schedule.zone, "count": schedule.length}
    if schedule.length == 1:
        return _("Hand-over %(days)s %(time)s, %(zone)s") % texts
    return (
        ngettext(
            "Hand-over %(days)s %(time)s, every %(count)d time, %(zone)s",
            "Hand-over %(days)s %(time)s, every %(count)d times, %(zone)s",
            schedule.length,
        )
        % texts
    )


def show_schedule(request: AuthenticatedRequest, number: int) -> HttpResponse:
    schedule = access.get_schedule(request.user, number)
    form = make_override_form(request, schedule)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_override(request.user, schedule, **form.cleaned_data)
            return redirect("oncall_schedule", number)
        except Refused as refused:
            form.add_error(refused.field or None, str(refused.text))
    now = timezone.now()
    shifts = timetable.attach_users(timetable.load_shifts(schedule, now, now + timetable.LONGEST_SHIFT))
    offers = schedule.offers.filter(closed_at=None, ends__gt=now).select_related("user")
    context = {
        "schedule": schedule,
        "turns": describe_turns(schedule),
        "current": shifts[0],
        "shifts": shifts[:MAX_SHIFTS],
        "weeks": build_calendar(schedule, now),
        "weekdays": WEEKDAYS_ABBR.values(),
        "gaps": timetable.find_gaps(schedule, now),
        "overrides": [
            (override, access.may_remove_override(request.user, override))
            for override in schedule.overrides.filter(ends__gt=now).select_related("user", "made_by")
        ],
        "offers": [(offer, access.may_withdraw_offer(request.user, offer)) for offer in offers],
        "feed": access.feeds_of(request.user).filter(schedule=schedule).first(),
        "form": form if request.user.is_admin else None,
    }
    return render(request, "oncall/schedule.html", context)


def make_override_form(request: AuthenticatedRequest, schedule: Schedule) -> OverrideForm:
    now = to_wall(timezone.now(), find_zone(schedule.zone)).replace(second=0, microsecond=0)
    initial = {"begins": now.strftime("%Y-%m-%dT%H:%M"), "ends": (now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")}
    return OverrideForm(request.POST or None, schedule=schedule, initial=initial)


def build_calendar(schedule: Schedule, now: datetime) -> list[list[CalendarDay]]:
    """Weeks from the current one on, in the zone of the schedule."""
    zone = find_zone(schedule.zone)
    today = to_wall(now, zone).date()
    monday = today - timedelta(days=today.weekday())
    days = [monday + timedelta(days=number) for number in range(WEEKS * 7 + 1)]
    edges = [to_instant(datetime.combine(day, datetime.min.time()), zone) for day in days]
    shifts = timetable.attach_users(timetable.load_shifts(schedule, edges[0], edges[-1]))
    labels = {day: format_month_day(day) if day == monday or day.day == 1 else f"{day.day}" for day in days}
    cells = [
        CalendarDay(labels[day], day < today, day == today, list_shifts_of_day(shifts, begins, ends, schedule))
        for day, begins, ends in zip(days, edges, edges[1:], strict=False)
    ]
    return [cells[place : place + 7] for place in range(0, len(cells), 7)]


def list_shifts_of_day(
    shifts: list[UserShift], begins: datetime, ends: datetime, schedule: Schedule
) -> list[tuple[str, UserShift]]:
    zone = find_zone(schedule.zone)
    return [
        (to_wall(item.shift.begins, zone).strftime("%H:%M") if item.shift.begins > begins else "", item)
        for item in shifts
        if item.shift.begins < ends and item.shift.ends > begins
    ]


def edit_schedule(request: AuthenticatedRequest, number: int | None = None) -> HttpResponse:
    check_admin(request.user)
    schedule = access.get_schedule(request.user, number) if number else None
    initial = build_initial_values(schedule) if schedule else {"room": request.GET.get("room")}
    form = ScheduleForm(request.POST or None, by=request.user, schedule=schedule, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = services.save_schedule(request.user, schedule, form.cleaned_data)
        messages.success(request, _("Saved: %(title)s.") % {"title": saved.name})
        return redirect("oncall_schedule", saved.pk)
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return render(request, "oncall/edit.html", {"schedule": schedule, "form": form, "zones": zones})


def build_initial_values(schedule: Schedule) -> dict[str, Any]:
    handles = dict(User.objects.filter(pk__in=schedule.people).values_list("pk", "handle"))
    people = " ".join(f"@{handles[user_id]}" for user_id in schedule.people if user_id in handles)
    return {**vars(schedule), "room": schedule.room_id, "people": people}
