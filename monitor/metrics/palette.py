from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from chat.palette import make_pages, make_rare_actions
from chat.protocol import PaletteEntry, PaletteGroup


def find_source_groups(user: User) -> list[PaletteGroup]:
    pages = make_pages(PaletteEntry(_("Sources"), reverse("sources"), icon="plug", words=_("heartbeats")))
    if not user.is_admin:
        return [pages]
    new = [
        PaletteEntry(_("New source that pushes values"), reverse("pushed_new")),
        PaletteEntry(_("New scrape target"), reverse("scraped_new")),
        PaletteEntry(_("New heartbeat"), reverse("beat_new")),
    ]
    return [pages, make_rare_actions(*new)]
