"""The form of a user's notifications: levels, and quiet hours for each day of the week."""

from collections.abc import Collection
from typing import Any, NamedTuple

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from chat.models import Level, NotificationSettings
from chat.notifications.channels import CELLS, Cell, Channel, Kind
from myweb.times import load_zone

DAY = 24 * 60  # minutes
DEFAULT_BEGIN, DEFAULT_END = 22 * 60, 7 * 60  # offered on days without quiet hours
DIRECT_LEVELS = [(Level.ALL, _("All messages")), (Level.NOTHING, _("Nothing"))]


class ClockField(forms.CharField):
    """A time of day, as minutes."""

    def __init__(self, label: Any) -> None:
        super().__init__(label=label, max_length=8, required=False, widget=forms.TextInput(attrs={"type": "time"}))

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 60:02}:{value % 60:02}" if isinstance(value, int) else value

    def clean(self, value: Any) -> int:
        text = str(super().clean(value))
        hours, _colon, minutes = text.partition(":")
        if not (hours.isdecimal() and minutes[:2].isdecimal() and int(hours) < 24 and int(minutes[:2]) < 60):
            raise forms.ValidationError(_("Enter a time such as 22:00."))
        return int(hours) * 60 + int(minutes[:2])


class NotificationForm(forms.Form):
    room_level = forms.ChoiceField(
        label=_("Rooms"),
        help_text=_(
            "Where a room has no choice of its own. A mention is your name, a reply to you, or @oncall in your shift."
        ),
        choices=Level.choices,
    )
    direct_level = forms.ChoiceField(label=_("Direct messages"), choices=DIRECT_LEVELS)
    zone = forms.CharField(
        label=_("Time zone"),
        help_text=_("Of the quiet hours, such as Europe/Vienna."),
        max_length=64,
        required=False,  # a script fills in the browser's
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, data: Any, settings: NotificationSettings) -> None:
        self.settings = settings
        initial = {
            "room_level": settings.room_level,
            "direct_level": settings.direct_level,
            "zone": settings.zone,
        }
        super().__init__(data, initial=initial)
        periods = {begin // DAY: (begin % DAY, length) for begin, length in settings.quiet_periods}
        for day, name in WEEKDAYS.items():
            begin, length = periods.get(day, (DEFAULT_BEGIN, DEFAULT_END - DEFAULT_BEGIN))
            self.fields[f"quiet_{day}"] = forms.BooleanField(label=name, required=False, initial=day in periods)
            self.fields[f"begin_{day}"] = ClockField(_("from"))
            self.fields[f"end_{day}"] = ClockField(_("until"))
            self.initial[f"begin_{day}"], self.initial[f"end_{day}"] = begin, (begin + length) % DAY

    @property
    def days(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        return [(self[f"quiet_{day}"], self[f"begin_{day}"], self[f"end_{day}"]) for day in WEEKDAYS]

    def clean_zone(self) -> str:
        zone = str(self.cleaned_data["zone"])
        if zone and load_zone(zone) is None:
            raise forms.ValidationError(_("Enter a time zone such as Europe/Vienna or UTC."))
        return zone

    @property
    def quiet_periods(self) -> list[list[int]]:
        """Of a valid form. An end that is not after its begin is on the next day."""
        data = self.cleaned_data
        spans = [(day, data[f"begin_{day}"], data[f"end_{day}"]) for day in WEEKDAYS if data[f"quiet_{day}"]]
        return [[day * DAY + begin, (end - begin - 1) % DAY + 1] for day, begin, end in spans]


HINTS = {
    Kind.MENTION: _("and replies to you"),
    Kind.OTHER: _("of rooms where you chose all messages"),
}


class ChannelRow(NamedTuple):
    label: Any
    hint: Any
    fields: list[forms.BoundField | None]  # of each channel


class ChannelForm(forms.Form):
    """A box for each kind of message and each channel. ``has_mail``: without a mail server it has no column."""

    def __init__(self, data: Any, off: Collection[str], *, has_mail: bool) -> None:
        super().__init__(data)
        self.channels = [channel for channel in Channel if has_mail or channel != Channel.MAIL]
        self.cells = [cell for cell in CELLS if cell.channel in self.channels]
        self.hidden_off = [cell for cell in CELLS if cell not in self.cells and cell.name in off]
        for cell in self.cells:
            self.fields[cell.name] = forms.BooleanField(
                label=cell.channel.label, required=False, initial=cell.name not in off
            )

    @property
    def rows(self) -> list[ChannelRow]:
        return [
            ChannelRow(
                kind.label,
                HINTS.get(kind, ""),
                [
                    self[Cell(kind, channel).name] if Cell(kind, channel) in self.cells else None
                    for channel in self.channels
                ],
            )
            for kind in Kind
        ]

    @property
    def off(self) -> list[Cell]:
        """Of a valid form."""
        return [cell for cell in self.cells if not self.cleaned_data[cell.name]] + self.hidden_off
