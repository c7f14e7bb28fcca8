from copy import deepcopy
from pathlib import Path
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Room
from monitor.checks import access
from monitor.checks.kinds import FORMS, PLAIN
from monitor.checks.models import Check, ProbeCommand
from monitor.checks.probes import Probe, made
from monitor.metrics.access import assignable_rooms
from myweb.text import NameField

OPTION = "option_"
RESERVED = {"new"}  # addresses of other pages


class Chosen(forms.ModelChoiceField):  # type: ignore[type-arg] # Django itself takes no parameter here
    """One of what its reader sees, or what was chosen already, which has no name for who does not see it."""

    seen: frozenset[int] = frozenset()

    def offer(self, seen: QuerySet[Any], now: int | None) -> None:
        self.seen = frozenset(seen.values_list("pk", flat=True))
        self.queryset = seen.model._default_manager.filter(pk__in=self.seen | ({now} if now else set()))

    def label_from_instance(self, obj: Any) -> str:
        return str(obj) if obj.pk in self.seen else str(_("Something you don't have access to"))


class CheckForm(forms.Form):
    """Of one kind; its options are fields, too."""

    name = NameField(label=_("Name"), max_length=60, widget=forms.TextInput(attrs=PLAIN))
    target = forms.CharField(max_length=500, widget=forms.TextInput(attrs=PLAIN | {"spellcheck": "false"}))
    interval = forms.IntegerField(label=_("Interval in seconds"), initial=30)
    timeout = forms.IntegerField(label=_("Timeout in seconds"), initial=5)
    retries = forms.IntegerField(label=_("Retries"), help_text=_("Before it counts as down."), initial=1)
    room = Chosen(Room.objects.none(), label=_("Room"), required=False, empty_label=_("Only for admins"))
    parent = Chosen(
        Check.objects.none(),
        label=_("Depends on"),
        help_text=_("While that check is down, this one is unknown instead of down."),
        required=False,
        empty_label=_("None"),
    )
    enabled = forms.BooleanField(label=_("Enabled"), required=False, initial=True)
    slug = forms.SlugField(
        label=_("Short name"),
        help_text=_("Used in URLs and rules. Empty: made from the name. It stays when the name changes."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs=PLAIN),
    )

    def __init__(self, data: Any, *, by: User, kind: str, check: Check | None = None) -> None:
        self.kind, self.check = kind, check
        super().__init__(data, initial=initial(kind, check))
        self.fields["target"].label = FORMS[kind].target
        self.fields["target"].widget.attrs["placeholder"] = FORMS[kind].example
        self.fields |= {OPTION + name: deepcopy(field) for name, field in FORMS[kind].options.items()}
        others = access.checks_of(by).exclude(pk__in=[check.pk] if check else [])
        chosen(self, "room").offer(assignable_rooms(by), check.room_id if check else None)
        chosen(self, "parent").offer(others, check.parent_id if check else None)
        if kind == "command":
            del self.fields["timeout"]

    @property
    def options(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(OPTION)]

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"] or slugify(self.cleaned_data.get("name", ""))[:40]
        if not slug or slug in RESERVED:
            raise forms.ValidationError(_("Enter a short name of letters, digits and hyphens."))
        return slug

    def probe(self) -> Probe:
        """What was typed; an empty field is the usual value."""
        given = {name.removeprefix(OPTION): self.cleaned_data[name] for name in self.fields if name.startswith(OPTION)}
        options = {name: value for name, value in given.items() if value not in {None, ""}}
        return made(self.kind, self.cleaned_data["target"].strip(), options)

    def filled(self) -> Check:
        """The check as it is wanted, not stored."""
        check = self.check or Check()
        for name in ("name", "slug", "interval", "retries", "room", "parent", "enabled"):
            setattr(check, name, self.cleaned_data[name])
        check.timeout = self.cleaned_data.get("timeout") or min(5, check.interval)
        return check


def chosen(form: forms.BaseForm, name: str) -> Chosen:
    field = form.fields[name]
    assert isinstance(field, Chosen)
    return field


def initial(kind: str, check: Check | None) -> dict[str, Any]:
    usual = made(kind, "")
    options = {name: getattr(usual, name) for name in FORMS[kind].options}
    own = {**vars(check), "room": check.room_id, "parent": check.parent_id} if check else {}
    options |= check.options if check else {}
    return own | {OPTION + name: value for name, value in options.items()}


class CommandForm(forms.ModelForm):  # type: ignore[type-arg] # Django itself takes no parameter here
    argv = forms.CharField(
        label=_("Program and arguments, one per line"),
        help_text=_("Each argument goes on its own line: uname on the first, -a on the second."),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "mono"}),
    )

    room = Chosen(Room.objects.none(), label=_("Room"), required=False, empty_label=_("Every room, for admins"))

    class Meta:
        model = ProbeCommand
        fields = ["name", "summary", "argv", "timeout", "room", "who"]
        field_classes = {"summary": NameField}
        labels = {"timeout": _("Timeout in seconds")}
        widgets = {"name": forms.TextInput(attrs=PLAIN), "summary": forms.TextInput(attrs=PLAIN)}

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen(self, "room").offer(assignable_rooms(by), self.instance.room_id)
        if isinstance(self.instance.argv, list):
            self.initial["argv"] = "\n".join(self.instance.argv)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name in RESERVED:
            raise forms.ValidationError(_("This name is reserved for a page."))
        return name

    def clean_argv(self) -> list[str]:
        argv = [line.strip() for line in self.cleaned_data["argv"].splitlines() if line.strip()]
        program, *rest = argv[0].split() if argv else [""]
        if rest and not Path(argv[0]).is_file():
            told = {"program": program, "arguments": ", ".join(rest)}
            raise forms.ValidationError(_("Put each argument on its own line: %(program)s, then %(arguments)s.") % told)
        return argv
