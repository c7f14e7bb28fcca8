"""Texts of the alert card script, which fills the ``{places}``."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STRINGS: dict[str, Promise | str] = {
    "above": _("above {value}"),
    "acknowledge": _("Acknowledge"),
    "acknowledge_for": _("Acknowledge for"),
    "and_more": _("and {count} more"),
    "at_least": _("at least {value}"),
    "at_most": _("at most {value}"),
    "behind": _("Suppressed by “{title}”"),
    "behind_it": _("{firing} of {all} suppressed alerts are firing"),
    "below": _("below {value}"),
    "calm": _("back to normal"),
    "chart": _("Last minutes of {name}"),
    "close": pgettext_lazy("alert", "Close"),
    "closed_by": _("Closed by {name}"),
    "down": _("{name} is down for {span}"),
    "down_now": _("{name} is down"),
    "end_silence": _("End silence"),
    "equal": _("equal to {value}"),
    "gone": _("No data"),
    "gone_after": _("Ended after {span}: no more data"),
    "give_back": _("Unacknowledge"),
    "no_value": _("no value"),
    "not_now": _("That did not work. Try again in a moment."),
    "open": pgettext_lazy("verb", "Open"),
    "other": _("other than {value}"),
    "quoted": _("“{words}”"),
    "reopened": _("fired again: {count}×"),
    "resolved_after": _("It lasted {span}"),
    "runbook": _("Runbook"),
    "severity_critical": _("Critical"),
    "severity_info": _("Info"),
    "severity_warning": _("Warning"),
    "silence": _("Silence"),
    "silence_for": _("Silence for"),
    "silenced_until": _("Until {time}"),
    "since": _("Since {time}"),
    "state_acknowledged": _("Acknowledged"),
    "state_firing": _("Firing"),
    "state_held": _("Waiting"),
    "state_resolved": _("Resolved"),
    "state_silenced": _("Silenced"),
    "until": _("{name} until {time}"),
    "words": _("Reason, in a few words"),
    "wrong": _("{name} is {value}, {limit} for {span}"),
    "wrong_now": _("{name} is {value}, {limit}"),
}

# Texts of the list of alerts and of the panel beside it.
PAGE: dict[str, Promise | str] = {
    "alert": _("Alert"),
    "alert_link": _("Link to this alert"),
    "close": pgettext_lazy("panel", "Close"),
    "not_now": _("That did not work. Try again in a moment."),
}

# Texts of the preview in the rule form.
PREVIEW: dict[str, Promise | str] = {
    "every_source": _("every source"),
    "fired_one": _("It would have fired once in the last {over}, for {span}."),
    "fired_other": _("It would have fired {count} times in the last {over}, for {span} in all."),
    "hint": _("Choose a series and a value, and see when the rule would have fired."),
    "nearest": _("Nearest to firing now"),
    "nothing": _("No such series yet."),
    "picture": _("{name}, and when it would have fired"),
    "quiet": _("It would not have fired in the last {over}."),
    "series_one": _("Watching {count} series."),
    "series_other": _("Watching {count} series."),
    "steps": _("Data older than 15 minutes is evaluated in steps of {steps}."),
    "still": _("now"),
    "up": _("1 while it can be read, else 0"),
    "when": _("When it would have fired"),
}
