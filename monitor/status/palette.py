from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from chat.palette import make_pages, make_settings
from chat.protocol import PaletteEntry, PaletteGroup
from monitor.status.models import StatusPage


def find_status_groups(user: User) -> list[PaletteGroup]:
    groups = []
    if user.is_admin or StatusPage.is_published():
        groups.append(make_pages(PaletteEntry(_("Status page"), reverse("status"), icon="globe")))
    if user.is_admin:
        words = _("incident, component")
        groups.append(make_settings(PaletteEntry(_("Edit the status page"), reverse("status_edit"), words=words)))
    return groups
