from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from chat.palette import make_actions, make_group, make_pages
from chat.protocol import PaletteEntry, PaletteGroup
from monitor.dashboards.access import list_dashboards
from monitor.metrics.access import assignable_rooms
from myweb.prepared_queries import PreparedForUsers

own_room = PreparedForUsers(lambda user: assignable_rooms(user)[:1])


def find_dashboard_groups(user: User) -> list[PaletteGroup]:
    dashboards = [
        PaletteEntry(str(item.title), reverse("dashboard", args=[item.key]), words=item.key)
        for item in list_dashboards(user)
    ]
    pages = [PaletteEntry(_("Dashboards"), reverse("dashboards"), icon="chart")]
    if user.is_admin:
        pages.append(PaletteEntry(_("Screens"), reverse("walls"), words=_("wall, television")))
    groups = [make_group("dashboard", pgettext("kind in the palette", "Dashboard"), "chart", dashboards)]
    if user.is_admin or own_room(user):
        groups.append(make_actions(PaletteEntry(_("New dashboard"), reverse("dashboard_new"), place="dashboards")))
    return [*groups, make_pages(*pages)]
