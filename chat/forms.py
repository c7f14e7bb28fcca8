from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Room
from myweb.text_cleaning import NameField


class RoomForm(forms.Form):
    """Name and purpose of a room. Only admins may have newcomers join it by themselves."""

    name = NameField(label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = NameField(
        label=_("Purpose"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    welcome = forms.BooleanField(label=_("New users join automatically"), required=False)

    def __init__(self, *args: Any, by: User, room: Room | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by.is_admin or (room and room.kind != Room.Kind.OPEN):
            del self.fields["welcome"]

    def values(self) -> dict[str, Any]:
        return {"welcome": False, **self.cleaned_data}


class NewRoomForm(RoomForm):
    kind = forms.ChoiceField(
        label=_("Who can join"),
        choices=[
            (Room.Kind.OPEN, _("Open: everyone in the workspace can join and read")),
            (Room.Kind.PRIVATE, _("Private: only people added by a member")),
        ],
        initial=Room.Kind.OPEN,
        widget=forms.RadioSelect,
    )

    field_order = ("name", "description", "kind", "welcome")
