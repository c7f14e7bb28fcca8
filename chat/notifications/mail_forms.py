from datetime import time
from typing import Any

from django import forms
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _

from chat.models import NotificationSettings

HOURS = range(24)


def is_yes(value: str) -> bool:
    return value == "yes"


class MailSettingsForm(forms.Form):
    delay = forms.TypedChoiceField(
        label=_("Unread mentions and direct messages"),
        help_text=_("One mail for all of them. None while a window of this site is open or a device was notified."),
        choices=[(15, _("After 15 minutes")), (30, _("After 30 minutes")), (60, _("After 1 hour")), (0, _("Never"))],
        coerce=int,
    )
    shows_text = forms.TypedChoiceField(
        label=_("Contents"),
        choices=[("no", _("Only that there is news")), ("yes", _("Rooms, authors and words"))],
        coerce=is_yes,
    )
    summary_hour = forms.TypedChoiceField(
        label=_("Daily summary"),
        help_text=_("What is unread, and the busiest of your rooms."),
        coerce=int,
        empty_value=None,
        required=False,
    )
    zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput())  # the browser's, set by a script

    def __init__(self, chosen: NotificationSettings, data: Any = None, *, may_show_text: bool = True) -> None:
        self.chosen = chosen
        initial = {
            "delay": chosen.mail_delay,
            "shows_text": "yes" if chosen.mail_shows_text and may_show_text else "no",
            "summary_hour": "" if chosen.summary_hour is None else chosen.summary_hour,
            "zone": chosen.zone,
        }
        super().__init__(data, initial=initial, auto_id="id_mail_%s")
        hours: Any = self.fields["summary_hour"]
        hours.choices = [("", _("None")), *((hour, time_format(time(hour), "H:i")) for hour in HOURS)]
        if not may_show_text:
            self.fields["shows_text"].disabled = True
            self.fields["shows_text"].help_text = _("The workspace allows no more in mails.")

    def clean_shows_text(self) -> bool:
        """What the workspace forbids stays as it was."""
        is_fixed = self.fields["shows_text"].disabled
        return self.chosen.mail_shows_text if is_fixed else bool(self.cleaned_data["shows_text"])
