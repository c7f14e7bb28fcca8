from math import ceil

from django.utils.translation import gettext as _


def in_words(seconds: float) -> str:
    """Rounded up, and at least one second: after it, trying again works."""
    if seconds <= 99:
        return _("%(count)d s") % {"count": max(1, ceil(seconds))}
    return _("%(count)d min") % {"count": ceil(seconds / 60)}
