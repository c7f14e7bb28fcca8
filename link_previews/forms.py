from django import forms
from django.utils.translation import gettext_lazy as _


class PreviewSettingsForm(forms.Form):
    enabled = forms.TypedChoiceField(
        label=_("Previews of links"),
        help_text=_("The title, the first words and a picture of the page, below messages with links to it."),
        choices=[("no", _("Off")), ("yes", _("On"))],
        coerce=lambda value: value == "yes",
    )
