"""The slash command ``/oncall``."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.slash import SlashRequest, slash_command
from monitor.oncall import access, timetable
from monitor.oncall.models import Schedule


@slash_command("oncall", "", gettext_lazy("Show who is on call now"))
def show_on_call(request: SlashRequest) -> str:
    """The schedules of this room come first."""
    schedules = sorted(access.schedules_of(request.by), key=lambda schedule: schedule.room_id != request.room.pk)
    lines = [describe_now(schedule) for schedule in schedules]
    return "\n".join(lines) or _("Your rooms have no schedules yet.")


def describe_now(schedule: Schedule) -> str:
    now = timezone.now()
    user, shift = timetable.find_user_on_call(schedule, now), timetable.find_shift(schedule, now)
    texts = {
        "schedule": schedule.name,
        "name": user.name if user else _("Nobody"),
        "ends": timetable.format_local(schedule, shift.ends),
    }
    return _("%(schedule)s: %(name)s, until %(ends)s") % texts
