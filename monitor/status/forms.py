from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from monitor.checks.access import checks_of
from monitor.status.conditions import Condition, InvalidCondition
from monitor.status.models import Component, ComponentState, Incident, StatusPage
from monitor.status.services import MAX_TITLE_LENGTH, MAX_UPDATE_LENGTH
from myweb.text_cleaning import NameField


class PageForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = StatusPage
        fields: ClassVar[list[str]] = ["title", "text", "published"]
        field_classes: ClassVar[dict[str, Any]] = {"title": NameField}
        widgets: ClassVar[dict[str, Any]] = {"text": forms.Textarea(attrs={"rows": 2})}


class ComponentForm(forms.ModelForm):  # type: ignore[type-arg]
    """A check or a series is chosen from a list. Expressions are for experts."""

    class Meta:
        model = Component
        fields: ClassVar[list[str]] = ["title", "group", "order", "down_when", "disturbed_when", "by_hand"]
        help_texts: ClassVar[dict[str, Any]] = {
            "down_when": _("A condition compares a value with a number; up is 1 while a source can be read."),
        }
        widgets: ClassVar[dict[str, Any]] = {
            "down_when": forms.TextInput(attrs={"placeholder": "web.up < 1", "spellcheck": "false"}),
            "disturbed_when": forms.TextInput(attrs={"placeholder": "web.busy > 95", "spellcheck": "false"}),
        }

    title = NameField(
        label=_("Title"),
        max_length=80,
        required=False,
        help_text=_("Default: the name of the check."),
    )
    group = NameField(
        label=_("Group"),
        max_length=60,
        required=False,
        help_text=_("Its heading on the page."),
        widget=forms.TextInput(attrs={"list": "known-groups", "autocomplete": "off"}),
    )
    order = forms.IntegerField(label=_("Order"), min_value=0, max_value=32_000, required=False)
    measures = forms.ChoiceField(label=_("What it shows"), required=False)
    series = forms.CharField(
        label=_("Series"),
        required=False,
        max_length=160,
        widget=forms.TextInput(attrs={"list": "known-series", "autocomplete": "off", "spellcheck": "false"}),
    )
    sign = forms.ChoiceField(
        label=_("Condition"), choices=[(">", _("above")), ("<", _("below"))], required=False, initial=">"
    )
    limit = forms.FloatField(label=_("Limit"), required=False)
    means = forms.ChoiceField(
        label=_("Then it is"),
        choices=[("disturbed_when", ComponentState.DISTURBED.label), ("down_when", ComponentState.DOWN.label)],
        required=False,
        initial="disturbed_when",
    )
    by_hand = forms.ChoiceField(
        label=_("State"), choices=[("", _("from measurements")), *ComponentState.choices], required=False
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.visible_checks = {check.pk: check for check in checks_of(by)}
        checks = [(f"check:{pk}", check.name) for pk, check in self.visible_checks.items()]
        current = self.instance.check_measured_id
        if current and current not in self.visible_checks:
            checks.append((f"check:{current}", str(_("A check that you don't have access to"))))
        if is_check_deleted(self.instance):
            checks.append(("deleted", str(_("The check was deleted."))))
        field: Any = self.fields["measures"]
        field.choices = [
            ("", Component.Kind.MANUAL.label),
            *([(_("Checks"), checks)] if checks else []),
            (_("Measured"), [("series", _("A series…")), ("expression", _("An expression…"))]),
        ]
        self.initial = {**self.initial, **get_measured_values(self.instance)}

    @property
    def description(self) -> str:
        """What the component shows, in words."""
        component = self.instance
        if component.kind == Component.Kind.CHECK:
            if component.check_measured is None:
                return str(_("The check was deleted."))
            check = self.visible_checks.get(component.check_measured.pk)
            return str(_("Check: %(name)s") % {"name": check.name if check else "–"})
        conditions = ", ".join(text for text in (component.down_when, component.disturbed_when) if text)
        return conditions or str(Component.Kind.MANUAL.label)

    def clean_order(self) -> int:
        return self.cleaned_data["order"] or 0

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        measures, component = values.get("measures", ""), self.instance
        if not measures and self.add_prefix("measures") not in self.data:
            measures = "expression"
        component.kind, component.check_measured_id = Component.Kind.MANUAL, None
        if measures.startswith("check:"):
            component.kind, component.check_measured_id = Component.Kind.CHECK, int(measures.removeprefix("check:"))
        elif measures == "deleted":
            component.kind = Component.Kind.CHECK
        elif measures == "series":
            component.kind = Component.Kind.SERIES
            self.clean_series_condition(values)
        elif measures == "expression":
            has_condition = values.get("down_when") or values.get("disturbed_when")
            component.kind = Component.Kind.EXPRESSION if has_condition else Component.Kind.MANUAL
        if measures not in {"series", "expression"}:
            values["down_when"] = values["disturbed_when"] = ""
        check = self.visible_checks.get(component.check_measured_id or 0)
        values["title"] = values.get("title") or (check.name if check else "")
        if not values["title"] and "title" not in self.errors:
            self.add_error("title", self.fields["title"].error_messages["required"])
        return values

    def clean_series_condition(self, values: dict[str, Any]) -> None:
        """Turns the chosen series and limit into a condition."""
        limit = values.get("limit")
        if limit is None and "limit" not in self.errors:
            self.add_error("limit", _("Enter a number."))
        condition = f"{values.get('series', '')} {values.get('sign') or '>'} {limit or 0:.15g}"
        try:
            Condition.read(condition)
        except InvalidCondition:
            self.add_error("series", _("Choose a series from the list."))
            return
        means = values.get("means") or "disturbed_when"
        values["down_when"] = values["disturbed_when"] = ""
        values[means] = condition


def is_check_deleted(component: Component) -> bool:
    return component.kind == Component.Kind.CHECK and component.check_measured_id is None


def get_measured_values(component: Component) -> dict[str, Any]:
    """The initial values of the fields that are no fields of the model."""
    if component.kind == Component.Kind.CHECK:
        return {"measures": "deleted" if is_check_deleted(component) else f"check:{component.check_measured_id}"}
    if not component.is_measured:
        return {"measures": ""}
    if component.kind == Component.Kind.SERIES:
        condition = Condition.read(component.down_when or component.disturbed_when)
        return {
            "measures": "series",
            "series": f"{condition.source}.{condition.series}",
            "sign": condition.sign,
            "limit": condition.limit,
            "means": "down_when" if component.down_when else "disturbed_when",
        }
    return {"measures": "expression"}


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
