"""Form fields that several apps use."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class WallTimeField(forms.DateTimeField):
    """A local time in the time zone of the form. It rejects years that browsers send by mistake."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"})

    def clean(self, value: Any) -> Any:
        with timezone.override("UTC"):  # UTC has no gaps or repeated hours
            moment = super().clean(value)
        if not 2000 <= moment.year < 2100:
            raise forms.ValidationError(_("Choose a year between 2000 and 2099."))
        return moment.replace(tzinfo=None, microsecond=0)
