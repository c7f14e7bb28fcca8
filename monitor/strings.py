"""Every sentence that a dashboard's scripts say, besides those of the house around it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.strings import STRINGS as HOUSE

STRINGS: dict[str, Promise | str] = HOUSE | {
    "down_since": _("Not reachable since {time}"),
    "least": _("least"),
    "loading": _("Loading…"),
    "more_series_one": _("and {count} more; type to find it"),
    "more_series_other": _("and {count} more; type to find them"),
    "most": _("most"),
    "new_panel": _("New panel"),
    "no_panels": _("There are no panels here yet."),
    "no_series": _("No series chosen yet"),
    "no_series_found": _("Nothing like that is measured here."),
    "no_values": _("Nothing measured yet"),
    "now": _("now"),
    "panel_place": _("{title}: place {place} of {all}"),
    "per_second": _("{value}/s"),
    "remove_series": _("Remove {name}"),
    "saved_meanwhile": _("{name} saved version {number} at {time}."),
    "series": _("series"),
    "screen_closed": _("This link shows nothing any more. Whoever gave it to you can make another."),
    "screen_offline": _("No connection since {time}"),
    "stale_since": _("No values since {time}"),
}
