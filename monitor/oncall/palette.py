from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from chat.palette import MAX_ENTRIES, make_actions, make_group, make_pages, make_settings
from chat.protocol import PaletteEntry, PaletteGroup
from monitor.oncall.access import schedules_of
from myweb.prepared_queries import PreparedForUsers

listed_schedules = PreparedForUsers(lambda user: schedules_of(user)[: MAX_ENTRIES + 1])


def find_oncall_groups(user: User) -> list[PaletteGroup]:
    entries = (
        PaletteEntry(schedule.name, reverse("oncall_schedule", args=[schedule.pk]), hint=f"#{schedule.room.name}")
        for schedule in listed_schedules(user)
    )
    new = PaletteEntry(_("New schedule"), reverse("oncall_new"), place="oncall")
    return [
        make_group("schedule", pgettext("kind in the palette", "Schedule"), "people", entries),
        make_actions(*([new] if user.is_admin else [])),
        make_pages(PaletteEntry(_("On call"), reverse("oncall"), icon="people", words=_("shifts, schedules"))),
        make_settings(PaletteEntry(_("Contact methods"), reverse("oncall_contact"), words=_("mail, push, test"))),
    ]
