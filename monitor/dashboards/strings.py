"""Texts of the dashboard scripts, in addition to those of the chat."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.strings import STRINGS as CHAT_STRINGS
from monitor.dashboards.series_labels import LABEL_STRINGS

STRINGS: dict[str, Promise | str] = CHAT_STRINGS | {
    **LABEL_STRINGS,
    "advice_busy": _("Most workers are busy. Add a few workers for peak load."),
    "advice_machine": _(
        "All workers are busy, requests are queued, and the CPU is saturated: the machine is too small."
    ),
    "advice_room": _("There is spare capacity: most workers are idle."),
    "advice_slow": _("Some requests take too long and are killed. Look for the slow page in uWSGI's log."),
    "advice_waiting": _("Most workers are waiting for the database or the network, not for the CPU."),
    "advice_waits": _(
        "All workers are busy and requests are queued, but the CPU is not busy: they wait for the "
        "database or the network."
    ),
    "advice_workers": _("All workers are busy and requests are queued: add workers."),
    "between": _("{low} to {high}"),
    "choose_room": _("Choose who sees it first."),
    "dock_gone": _("This dashboard no longer exists, or you don't have access."),
    "down_since": _("Unreachable since {time}"),
    "history_empty": _("No data in this period."),
    "history_offline": _("The values could not be loaded: there is no connection."),
    "history_server": _("The values could not be loaded. Try again in a moment."),
    "mark_alert": _("Alert: {text}"),
    "mark_pin": _("{name}: {text}"),
    "last": _("last"),
    "least": _("min"),
    "loading": _("Loading…"),
    "more_series_one": _("and {count} more; type to find it"),
    "more_series_other": _("and {count} more; type to find them"),
    "most": _("max"),
    "new_panel": _("New panel"),
    "no_panels": _("There are no panels here yet."),
    "no_series": _("No series chosen"),
    "no_series_found": _("No series matches."),
    "no_values": _("No data yet"),
    "now": _("now"),
    "panel_without_series": _("“{title}” has no series and would show nothing. Choose one, or save again."),
    "panel_place": _("{title}: position {place} of {all}"),
    "remove_series": _("Remove {name}"),
    "saved_meanwhile": _("{name} saved version {number} at {time}."),
    "series": _("series"),
    "screen_closed": _("This link is no longer valid. Ask for a new one."),
    "screen_offline": _("No connection since {time}"),
    "stale_since": _("No values since {time}"),
}
