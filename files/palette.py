"""What the palette offers of files."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from chat.palette import make_settings
from chat.protocol import PaletteEntry, PaletteGroup


def find_file_settings(user: User) -> Iterable[PaletteGroup]:
    entries = [PaletteEntry(_("Files"), reverse("own_files"), icon="copy", words=_("uploads, size, delete"))]
    if user.is_admin:
        entries.append(PaletteEntry(_("Storage"), reverse("file_usage"), icon="copy", words=_("files, quota, disk")))
    return [make_settings(*entries)]
