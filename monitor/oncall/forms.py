from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Room
from monitor.oncall import access
from monitor.oncall.models import Schedule
from myweb.form_fields import WallTimeField
from myweb.text_cleaning import NameField
from myweb.times import find_zone, load_zone, to_instant

MAX_PEOPLE = 50
MAX_LENGTH = 60  # hand-overs of a turn


def choose_member(**options: Any) -> Any:
    """A choice whose queryset the form sets."""
    return forms.ModelChoiceField(queryset=None, **options)


def list_members(room: Room) -> Any:
    return User.objects.filter(memberships__room=room, memberships__active=True, is_active=True)


class ScheduleForm(forms.Form):
    name = NameField(label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    room = forms.ModelChoiceField(queryset=Room.objects.none(), label=_("Room"))
    people = forms.CharField(
        label=_("People"),
        max_length=2_100,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "@ada @ben", "size": "30"}
        ),
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekdays"),
        choices=WEEKDAYS_ABBR.items(),
        coerce=int,
        initial=[0],
        widget=forms.CheckboxSelectMultiple,
    )
    at = forms.TimeField(
        label=_("Hand-over"), initial="09:00", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    length = forms.IntegerField(label=_("Length of a turn"), min_value=1, max_value=MAX_LENGTH, initial=1)
    zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "list": "zones", "size": "24"}),
    )

    def __init__(self, *args: Any, by: User, schedule: Schedule | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schedule = schedule
        rooms: Any = self.fields["room"]
        rooms.queryset = access.assignable_rooms(by)
        rooms.empty_label = _("Choose a room…")

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Schedule.objects.filter(name=name).exclude(pk=self.schedule.pk if self.schedule else 0).exists():
            raise forms.ValidationError(_("This name is already in use."))
        return name

    def clean_zone(self) -> str:
        name = str(self.cleaned_data["zone"]).strip()
        if load_zone(name) is None:
            raise forms.ValidationError(_("Enter a time zone such as Europe/Berlin or Asia/Shanghai."))
        return name

    def clean_weekdays(self) -> list[int]:
        return sorted(self.cleaned_data["weekdays"])

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("room") and data.get("people"):
            data["people"] = self.find_user_ids(data["people"], data["room"])
        return data

    def find_user_ids(self, text: str, room: Room) -> list[int]:
        """The members of the room with these handles. One may take several turns."""
        handles = [handle.removeprefix("@").casefold() for handle in text.replace(",", " ").split()]
        if len(handles) > MAX_PEOPLE:
            self.add_error("people", _("At most %(limit)d people.") % {"limit": MAX_PEOPLE})
            return []
        known = dict(list_members(room).filter(handle__in=handles).values_list("handle", "pk"))
        for handle in handles:
            if handle not in known:
                self.add_error(
                    "people", _("No member of this room has the handle %(handle)s.") % {"handle": f"@{handle}"}
                )
        return [known[handle] for handle in handles if handle in known]


class OverrideForm(forms.Form):
    """Times are in the zone of the schedule."""

    user = choose_member(label=_("On call"))
    begins = WallTimeField(label=_("From"))
    ends = WallTimeField(label=_("To"))

    def __init__(self, *args: Any, schedule: Schedule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schedule = schedule
        users: Any = self.fields["user"]
        users.queryset = list_members(schedule.room)
        users.empty_label = _("Choose a person…")

    def clean(self) -> dict[str, Any]:
        data, zone = self.cleaned_data, find_zone(self.schedule.zone)
        for name in data.keys() & {"begins", "ends"}:
            data[name] = to_instant(data[name], zone, last=name == "ends")
        return data
