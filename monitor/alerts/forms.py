import re
from datetime import timedelta
from typing import Any, NamedTuple

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Room
from monitor.alerts import access
from monitor.alerts.models import EscalationStep, Route, Rule, Severity
from monitor.alerts.replies import MINUTES_OF_UNIT
from monitor.metrics.access import assignable_rooms
from monitor.metrics.name_patterns import validate_pattern, validate_patterns
from monitor.oncall.access import schedules_of
from monitor.oncall.models import Schedule
from myweb.form_fields import WallTimeField
from myweb.formats import format_exact_duration
from myweb.text_cleaning import NameField
from myweb.times import find_zone, to_instant

SECONDS_OF_UNIT = {"": 1, "s": 1, "sec": 1, "second": 1, "seconds": 1, "秒": 1} | {
    name: 60 * n for name, n in MINUTES_OF_UNIT.items()
}
MAX_SECONDS = 30 * 24 * 3600
MAX_STEPS = 8  # of an escalation
SILENCED_FOR = timedelta(hours=1)  # what a new silence proposes


class SecondsField(forms.CharField):
    """A duration such as "30 s", "5 min" or "1 h 30 min", as seconds. Empty means None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=20,
            widget=forms.TextInput(attrs={"autocomplete": "off", "size": "8", "list": "durations"}),
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        return format_exact_duration(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "").strip().lower()
        if not text:
            return None
        parts = re.findall(r"(\d{1,6})\s*([^\W\d_]*)", text)
        rest = re.sub(r"(\d{1,6})\s*([^\W\d_]*)", "", text).strip(" ,")
        if not parts or rest or any(unit not in SECONDS_OF_UNIT for _number, unit in parts):
            raise forms.ValidationError(_("Enter a duration such as 30 s, 5 min or 1 h."))
        seconds = sum(int(number) * SECONDS_OF_UNIT[unit] for number, unit in parts)
        if seconds > MAX_SECONDS:
            raise forms.ValidationError(_("At most 30 days."))
        return seconds


def text_input(**attributes: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attributes})


def single_choice(**options: Any) -> Any:
    """A choice whose queryset the form sets for its user."""
    return forms.ModelChoiceField(queryset=None, **options)


def multiple_choice(**options: Any) -> Any:
    return forms.ModelMultipleChoiceField(queryset=None, widget=forms.CheckboxSelectMultiple, **options)


def offer_rooms(form: forms.Form, by: User) -> None:
    """Selects no room by default, except the requested one or the only one."""
    field, rooms = form.fields["room"], assignable_rooms(by)
    assert isinstance(field, forms.ModelChoiceField)
    choices = [str(room.pk) for room in rooms]
    chosen = str(form.initial.get("room") or "")
    if len(choices) == 1 and not chosen:
        chosen = choices[0]
    form.initial["room"] = chosen
    field.queryset = rooms
    field.empty_label = None if chosen in choices else _("Choose a room…")


class Step(NamedTuple):
    """An escalation step; exactly one of the last three is set."""

    after: int  # seconds
    schedule: Schedule | None = None
    user: User | None = None
    room: Room | None = None


def describe_target(step: EscalationStep) -> str:
    """As it is entered: "Primary", "@ben" or "#operations". Empty if the target was removed."""
    if step.user:
        return f"@{step.user.handle}"
    if step.room:
        return f"#{step.room.name}"
    return step.schedule.name if step.schedule else ""


class RuleForm(forms.Form):
    title = NameField(label=_("Title"), max_length=80, widget=text_input(), help_text=_("The problem in a few words."))
    source = forms.CharField(
        label=_("Source"),
        max_length=60,
        validators=[validate_patterns],
        widget=text_input(size="14"),
    )
    series = forms.CharField(
        label=_("Series"),
        max_length=2_100,
        validators=[validate_pattern],
        widget=text_input(size="26"),
    )
    comparison = forms.ChoiceField(label=_("Condition"), choices=Rule.Comparison.choices)
    threshold = forms.FloatField(label=_("Threshold"), widget=forms.NumberInput(attrs={"step": "any"}))
    hold = SecondsField(label=_("Fires after"), required=False)
    keep = SecondsField(label=_("Recovers after"), required=False)
    no_data = forms.ChoiceField(
        label=_("If there is no data"),
        choices=[
            (Rule.NoData.KEEP, _("Stay as it is")),
            (Rule.NoData.ALERT, _("Fire")),
            (Rule.NoData.OK, _("Recover")),
        ],
        initial=Rule.NoData.KEEP,
        widget=forms.RadioSelect,
    )
    severity = forms.ChoiceField(
        label=_("Severity"), choices=Severity.choices, initial=Severity.WARNING, widget=forms.RadioSelect
    )
    room = single_choice(label=_("Room"))
    depends_on = multiple_choice(
        label=_("Suppressed by"),
        required=False,
        help_text=_("While one of these rules fires, this rule does not notify; its alerts are counted on that card."),
    )
    runbook = forms.CharField(
        label=_("What to do"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("A URL, or text in Markdown."),
    )
    repeat_every = SecondsField(label=_("Remind every"), required=False)
    channels_after = SecondsField(label=_("Notify channels after"), required=False)
    routes = multiple_choice(label=_("Notification channels"), required=False)
    enabled = forms.BooleanField(label=_("Enabled"), required=False, initial=True)

    def __init__(self, *args: Any, by: User, rule: Rule | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        self.known_steps = list(rule.steps.select_related("schedule", "user", "room")) if rule else []
        self.add_step_fields()
        others = access.rules_of(by)
        if rule:
            others = others.exclude(pk=rule.pk)
        offer_rooms(self, by)
        self.set_queryset("depends_on", others)
        self.set_queryset("routes", access.routes_of(by))
        for name, queryset in (("depends_on", others), ("routes", Route.objects.all() if by.is_admin else None)):
            if queryset is None or not queryset.exists():
                del self.fields[name]

    def add_step_fields(self) -> None:
        for number in range(MAX_STEPS):
            self.fields[f"step_{number}_after"] = SecondsField(label=_("Escalate after"), required=False)
            self.fields[f"step_{number}_to"] = forms.CharField(
                label=_("Escalate to"),
                required=False,
                max_length=200,
                widget=text_input(list="escalation-targets", size="18"),
            )
        for number, step in enumerate(self.known_steps):
            self.initial[f"step_{number}_after"] = step.after
            self.initial[f"step_{number}_to"] = describe_target(step)

    def set_queryset(self, name: str, queryset: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = queryset

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        data["hold"], data["keep"] = data.get("hold") or 0, data.get("keep") or 0
        data["steps"] = [step for number in range(MAX_STEPS) if (step := self.clean_step(number))]
        return data

    def list_step_fields(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Those that are filled, and two more."""
        rows = [(self[f"step_{number}_after"], self[f"step_{number}_to"]) for number in range(MAX_STEPS)]
        filled = [number for number, row in enumerate(rows) if any(field.value() or field.errors for field in row)]
        return rows[: max(filled, default=-1) + 3]

    def clean_step(self, number: int) -> Step | None:
        """A target that its user cannot see stays, unless it is changed."""
        after_name, to_name = f"step_{number}_after", f"step_{number}_to"
        if {after_name, to_name} & self.errors.keys():
            return None
        after, text = self.cleaned_data.pop(after_name, None), self.cleaned_data.pop(to_name, "").strip()
        if not text:
            if after is not None:
                self.add_error(to_name, _("Enter a schedule, a @handle or a #room."))
            return None
        if after is None:
            self.add_error(after_name, _("Enter a duration such as 30 s, 5 min or 1 h."))
            return None
        for step in self.known_steps:
            if describe_target(step) == text:
                return Step(after, step.schedule, step.user, step.room)
        return self.find_target(to_name, text, after)

    def find_target(self, field: str, text: str, after: int) -> Step | None:
        """A user must be a member of the rule's room, or could not see the alert."""
        room = self.cleaned_data.get("room")
        if text.startswith("@"):
            members = User.objects.filter(memberships__room=room, memberships__active=True, is_active=True)
            user = members.filter(handle=text[1:].casefold()).first()
            if user:
                return Step(after, user=user)
            self.add_error(field, _("No member of this room has the handle %(handle)s.") % {"handle": text})
        elif text.startswith("#"):
            if target := assignable_rooms(self.by).filter(name=text[1:].strip()).first():
                return Step(after, room=target)
            self.add_error(field, _("You are in no room of the name %(name)s.") % {"name": text})
        else:
            if schedule := schedules_of(self.by).filter(name=text).first():
                return Step(after, schedule=schedule)
            self.add_error(field, _("There is no schedule %(name)s. A person has an @, a room a #.") % {"name": text})
        return None


class SilenceForm(forms.Form):
    room = single_choice(label=_("Room"))
    rule = single_choice(label=_("Rule"), required=False, empty_label=_("All rules"))
    pattern = forms.CharField(
        label=_("Only for"),
        max_length=200,
        validators=[validate_pattern],
        initial="*",
        widget=text_input(),
        help_text=_("A pattern of “source series”, such as host disk.*"),
    )
    starts = WallTimeField(label=_("From"))
    ends = WallTimeField(label=_("To"))
    zone = forms.CharField(required=False, widget=forms.HiddenInput())  # the browser's, set by a script
    weekly = forms.BooleanField(label=_("Repeat every week"), required=False)
    reason = NameField(label=_("Reason"), max_length=200, required=False, widget=text_input())

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_rooms(self, by)
        field = self.fields["rule"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = access.rules_of(by)
        if not self.is_bound:
            now = timezone.now().replace(second=0, microsecond=0)
            for name, moment in (("starts", now), ("ends", now + SILENCED_FOR)):
                self.initial[name] = moment.strftime("%Y-%m-%dT%H:%M")
                # A script shows it in the browser's time zone.
                self.fields[name].widget.attrs["data-at"] = moment.isoformat()

    def zone_name(self) -> str:
        """The time zone of the entered times."""
        return find_zone(str(self.data.get("zone", ""))).key

    def clean(self) -> dict[str, Any]:
        data, zone = self.cleaned_data, find_zone(self.zone_name())
        data["zone"] = zone.key
        for name in data.keys() & {"starts", "ends"}:
            data[name] = to_instant(data[name], zone, last=name == "ends")
        return data


class RouteForm(forms.Form):
    name = NameField(label=_("Name"), max_length=60, widget=text_input())
    address = forms.CharField(
        label=_("Apprise URL"),
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "placeholder": "mailto://… ntfy://… slack://…"}),
        help_text=_("In the format of Apprise. It is encrypted when saved and never shown again."),
    )
    severities = forms.MultipleChoiceField(
        label=_("Only for"),
        choices=Severity.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None selected: applies to all."),
    )

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Route.objects.filter(name=name).exists():
            raise forms.ValidationError(_("This name is already in use."))
        return name


class IntegrationForm(forms.Form):
    name = NameField(label=_("Name"), max_length=60, widget=text_input(placeholder="Alertmanager"))
    room = single_choice(label=_("Room"))

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_rooms(self, by)
