from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from monitor.status.models import Component, ComponentState, Incident, StatusPage
from monitor.status.services import MAX_TITLE_LENGTH, MAX_UPDATE_LENGTH
from myweb.text import NameField


class PageForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = StatusPage
        fields: ClassVar[list[str]] = ["title", "text", "published", "publishers"]
        field_classes: ClassVar[dict[str, Any]] = {"title": NameField}
        widgets: ClassVar[dict[str, Any]] = {
            "text": forms.Textarea(attrs={"rows": 2}),
            "publishers": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["publishers"]
        chosen.queryset = User.objects.filter(is_active=True, role=Role.MEMBER)


class ComponentForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Component
        fields: ClassVar[list[str]] = ["title", "order", "down_when", "disturbed_when", "by_hand"]
        field_classes: ClassVar[dict[str, Any]] = {"title": NameField}
        widgets: ClassVar[dict[str, Any]] = {
            "down_when": forms.TextInput(attrs={"placeholder": "web.up < 1", "spellcheck": "false"}),
            "disturbed_when": forms.TextInput(attrs={"placeholder": "web.busy > 95", "spellcheck": "false"}),
        }

    by_hand = forms.ChoiceField(
        label=_("State"), choices=[("", _("from measurements")), *ComponentState.choices], required=False
    )


ComponentFormSet = forms.modelformset_factory(Component, form=ComponentForm, extra=1, can_delete=True)


class IncidentForm(forms.Form):
    title = NameField(label=_("Title"), max_length=MAX_TITLE_LENGTH)
    impact = forms.ChoiceField(label=_("Impact"), choices=Incident.Impact.choices, initial=Incident.Impact.MINOR)
    components = forms.ModelMultipleChoiceField(
        label=_("Components"),
        queryset=Component.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Until it is resolved, a published incident shows them as degraded, or as down if its impact is critical."
        ),
    )


class UpdateForm(forms.Form):
    state = forms.ChoiceField(label=_("State"), choices=Incident.State.choices)
    text = forms.CharField(
        label=_("Update text"), max_length=MAX_UPDATE_LENGTH, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
