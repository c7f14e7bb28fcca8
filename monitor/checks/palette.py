from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from chat.palette import MAX_ENTRIES, make_actions, make_group, make_pages, make_settings
from chat.protocol import PaletteEntry, PaletteGroup
from monitor.checks.access import checks_of
from monitor.checks.models import Check, CheckState
from myweb.prepared_queries import PreparedForUsers

MAX_TARGET = 100  # characters

listed_checks = PreparedForUsers(lambda user: checks_of(user).order_by("name", "pk")[: MAX_ENTRIES + 1])


def find_check_groups(user: User) -> list[PaletteGroup]:
    label = pgettext("kind in the palette", "Check")
    groups = [
        make_group("check", label, "pulse", map(make_check_entry, listed_checks(user)), f"{reverse('checks')}?q="),
        make_pages(PaletteEntry(_("Checks"), reverse("checks"), icon="pulse")),
    ]
    if not user.is_admin:
        return groups
    settings = [
        PaletteEntry(_("Commands"), reverse("commands")),
        PaletteEntry(_("Run history"), reverse("runs"), icon="pulse"),
    ]
    new = PaletteEntry(_("New check"), reverse("check_new"), place="checks")
    return [*groups, make_actions(new), make_settings(*settings)]


def make_check_entry(check: Check) -> PaletteEntry:
    is_noteworthy = check.state in {CheckState.DOWN, CheckState.PAUSED}
    return PaletteEntry(
        check.name,
        reverse("check", args=[check.slug]),
        hint=str(CheckState(check.state).label) if is_noteworthy else "",
        words=" ".join([check.group, *check.tags, check.target[:MAX_TARGET]]).strip(),
        tone="bad" if check.state == CheckState.DOWN else "",
    )
