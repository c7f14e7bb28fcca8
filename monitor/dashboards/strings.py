"""Every sentence that a dashboard's scripts say, besides those of the house around it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.strings import STRINGS as HOUSE

STRINGS: dict[str, Promise | str] = HOUSE | {
    "advice_busy": _("Most workers are busy. A few more workers leave room for a rush."),
    "advice_machine": _(
        "All workers are busy, requests wait, and the processor has no rest: the machine is too small."
    ),
    "advice_room": _("There is room: most workers wait for requests."),
    "advice_slow": _("Requests take so long that they are ended by force. Look for the slow page in uWSGI's log."),
    "advice_waiting": _("Most workers are busy with waiting: for the database or the network, not for the processor."),
    "advice_waits": _(
        "All workers are busy and requests wait, but the processor does not: they wait for the database or the network."
    ),
    "advice_workers": _("All workers are busy and requests wait: add workers."),
    "between": _("{low} to {high}"),
    "choose_room": _("Choose who sees it first."),
    "dock_gone": _("That dashboard is not there any more, or not yours to see."),
    "down_since": _("Not reachable since {time}"),
    "history_empty": _("Nothing was measured then."),
    "history_offline": _("The values could not be fetched: there is no connection."),
    "history_server": _("The values could not be fetched just now."),
    "mark_alert": _("Alert: {text}"),
    "mark_pin": _("{name}: {text}"),
    "last": _("last"),
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
