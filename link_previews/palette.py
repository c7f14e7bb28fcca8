"""What the palette offers of previews."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from chat.palette import make_settings
from chat.protocol import PaletteEntry, PaletteGroup


def find_preview_settings(user: User) -> Iterable[PaletteGroup]:
    if not user.is_admin:
        return []
    words = _("links, unfurl, websites")
    return [make_settings(PaletteEntry(_("Link previews"), reverse("link_previews"), icon="globe", words=words))]
