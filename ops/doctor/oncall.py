"""Checks whether every schedule has a user on call for the next 30 days, and whether they can be reached."""

from django.db import DatabaseError
from django.utils import timezone

from monitor.oncall import delivery, timetable
from monitor.oncall.models import Schedule
from ops.doctor.finding import Findings, describe_error, format_count, report_failure, report_ok, report_warning
from ops.doctor.hints import get_database_hint
from ops.doctor.site_client import SiteClient

HINT = "On call > the schedule: change who takes turns, or add an override"


def check_oncall(_site: SiteClient) -> Findings:
    now = timezone.now()
    try:
        schedules = list(Schedule.objects.all())
        gaps = timetable.list_schedules_with_gaps(schedules, now)
        holders = {schedule: timetable.find_user_on_call(schedule, now) for schedule in schedules}
        unreachable = [user.name for user in holders.values() if user and not delivery.list_methods(user)]
    except DatabaseError as error:
        yield report_failure(f"the schedules can't be read: {describe_error(error)}", get_database_hint(error))
        return
    for schedule, gap in gaps:
        who = f"{gap.user.name}, who is deactivated," if gap.user else "nobody"
        yield report_warning(f"{schedule.name}: {who} is on call from {gap.shift.begins:%Y-%m-%d %H:%M} UTC", HINT)
    if unreachable:
        hint = "They set a method under On call > Contact methods; mail needs EMAIL_HOST"
        yield report_warning(f"only open pages reach {', '.join(sorted(set(unreachable)))}, on call now", hint)
    if not gaps:
        yield report_ok(f"{format_count(len(schedules), 'schedule')} without a gap in the next 30 days")
