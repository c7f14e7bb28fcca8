"""Every sentence that a dashboard's scripts say, besides those of the house around it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.strings import STRINGS as HOUSE

STRINGS: dict[str, Promise | str] = HOUSE | {
    "down_since": _("Not reachable since {time}"),
    "least": _("least"),
    "loading": _("Loading…"),
    "most": _("most"),
    "no_values": _("Nothing measured yet"),
    "now": _("now"),
    "per_second": _("{value}/s"),
    "series": _("series"),
    "stale_since": _("No values since {time}"),
}
