"""Texts of the chart card script, which fills the ``{places}``."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STRINGS: dict[str, Promise | str] = {
    "chart_at": _("at {time}"),
    "chart_elsewhere": _("These values are on no dashboard, so they can't be shown live here."),
    "chart_hidden": _("You can't follow this chart live: its dashboard belongs to a room that you are not in."),
    "chart_live": pgettext_lazy("verb", "Live"),
    "chart_of": _("{shown} of {total}"),
    "chart_open": pgettext_lazy("verb", "Open"),
    "down_since": _("Unreachable since {time}"),
    "stale_since": _("No values since {time}"),
}
