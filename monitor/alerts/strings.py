"""Every sentence that the script of an alert's card says; it fills the ``{places}``."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STRINGS: dict[str, Promise | str] = {
    "above": _("above {value}"),
    "acknowledge": _("Acknowledge"),
    "acknowledge_for": _("I am on it for"),
    "and_more": _("and {count} more"),
    "at_least": _("at least {value}"),
    "at_most": _("at most {value}"),
    "behind": _("Behind “{title}”"),
    "behind_it": _("{firing} of {all} behind it"),
    "below": _("below {value}"),
    "calm": _("calm again"),
    "chart": _("The last minutes of {name}"),
    "days": _("{count} d"),
    "down": _("{name} is down for {span}"),
    "end_silence": _("End it"),
    "equal": _("equal to {value}"),
    "gone": _("No data any more"),
    "gone_after": _("It ended after {span}: there are no values any more"),
    "give_back": _("Give back"),
    "hours": _("{count} h"),
    "minutes": _("{count} min"),
    "no_value": _("without a value"),
    "not_now": _("That did not work just now. Try again in a moment."),
    "open": pgettext_lazy("verb", "Open"),
    "other": _("other than {value}"),
    "quoted": _("“{words}”"),
    "resolved_after": _("It lasted {span}"),
    "runbook": _("What to do"),
    "seconds": _("{count} s"),
    "severity_critical": _("Critical"),
    "severity_info": _("Info"),
    "severity_warning": _("Warning"),
    "silence": _("Silence"),
    "silence_for": _("Say nothing of it for"),
    "silenced_until": _("Until {time}"),
    "since": _("Since {time}"),
    "state_acknowledged": _("Acknowledged"),
    "state_firing": _("Firing"),
    "state_held": _("Waiting"),
    "state_resolved": _("Resolved"),
    "state_silenced": _("Silenced"),
    "until": _("{name} until {time}"),
    "words": _("Why, in a few words"),
    "wrong": _("{name} is {value}, {limit} for {span}"),
}

# What the rule's form says of the past.
PREVIEW: dict[str, Promise | str] = {
    "fired_one": _("It would have fired once in the last {over}:"),
    "fired_other": _("It would have fired {count} times in the last {over}:"),
    "nothing": _("No series is called so yet."),
    "picture": _("{name}, and where it would have fired"),
    "quiet": _("It would not have fired in the last {over}."),
    "series_one": _("It watches {count} series."),
    "series_other": _("It watches {count} series."),
    "steps": _("What is older than a quarter of an hour is judged in steps of {steps}."),
    "still": _("now"),
}
