import re
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
from monitor.checks.kinds import CHECK_KINDS, PLAIN_INPUT
from monitor.checks.models import DEFAULT_INTERVAL, DEFAULT_RETRIES, DEFAULT_TIMEOUT, Check, ProbeCommand
from monitor.checks.probes import Probe, make_probe
from monitor.metrics.access import assignable_rooms
from myweb.errors import Refused
from myweb.text_cleaning import NameField

OPTION_PREFIX = "option_"
MAX_TAGS, MAX_TAG_LENGTH = 8, 24
ENTERED_FIELDS = (
    *("name", "slug", "interval", "retries", "slow_after"),
    *("room", "notify_room", "group", "tags", "parent"),
)
RESERVED_SLUGS = {"new"}  # of checks and commands: URLs of other pages


class VisibleChoiceField(forms.ModelChoiceField):  # type: ignore[type-arg] # Django itself takes no parameter here
    """Offers the objects that the user can see, and the current one without its name."""

    visible: frozenset[int] = frozenset()

    def set_choices(self, visible: QuerySet[Any], current: int | None) -> None:
        self.visible = frozenset(visible.values_list("pk", flat=True))
        self.queryset = visible.model._default_manager.filter(pk__in=self.visible | ({current} if current else set()))

    def label_from_instance(self, obj: Any) -> str:
        return str(obj) if obj.pk in self.visible else str(_("Something you don't have access to"))


class CheckForm(forms.Form):
    """The form of one kind of check, with its options as fields."""

    name = NameField(label=_("Name"), max_length=60, widget=forms.TextInput(attrs=PLAIN_INPUT))
    target = forms.CharField(max_length=500, widget=forms.TextInput(attrs=PLAIN_INPUT | {"spellcheck": "false"}))
    interval = forms.IntegerField(label=_("Interval in seconds"), initial=DEFAULT_INTERVAL)
    timeout = forms.IntegerField(label=_("Timeout in seconds"), initial=DEFAULT_TIMEOUT)
    retries = forms.IntegerField(label=_("Retries"), help_text=_("Before it counts as down."), initial=DEFAULT_RETRIES)
    slow_after = forms.IntegerField(
        label=_("Degraded when slower than, in ms"), help_text=_("Empty: never."), required=False, min_value=1
    )
    room = VisibleChoiceField(Room.objects.none(), label=_("Room"), required=False, empty_label=_("Only for admins"))
    notify_room = forms.BooleanField(
        label=_("Tell this room when it goes down and when it is up again"), required=False, initial=True
    )
    group = NameField(
        label=_("Group"),
        help_text=_("Checks of a group stand together in the list."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs=PLAIN_INPUT | {"list": "groups"}),
    )
    tags = forms.CharField(
        label=_("Tags"),
        help_text=_("Separated by commas: shop, paid."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs=PLAIN_INPUT),
    )
    parent = VisibleChoiceField(
        Check.objects.none(),
        label=_("Depends on"),
        help_text=_("While that check is down, this one is unknown instead of down."),
        required=False,
        empty_label=_("None"),
    )
    slug = forms.SlugField(
        label=_("Short name"),
        help_text=_("Used in URLs and rules. Empty: made from the name. It stays when the name changes."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs=PLAIN_INPUT),
    )

    def __init__(self, data: Any, *, by: User, kind: str, check: Check | None = None) -> None:
        self.kind, self.check = kind, check
        super().__init__(data, initial=build_initial_options(kind, check))
        known_groups = access.checks_of(by).exclude(group="").order_by("group")
        self.groups = list(known_groups.values_list("group", flat=True).distinct())
        self.fields["target"].label = CHECK_KINDS[kind].target
        self.fields["target"].widget.attrs["placeholder"] = CHECK_KINDS[kind].example
        self.fields |= {OPTION_PREFIX + name: deepcopy(field) for name, field in CHECK_KINDS[kind].options.items()}
        others = access.checks_of(by).exclude(pk__in=[check.pk] if check else [])
        get_choice_field(self, "room").set_choices(assignable_rooms(by), check.room_id if check else None)
        get_choice_field(self, "parent").set_choices(others, check.parent_id if check else None)
        if check is None:
            self.initial["room"] = find_default_room(by)
        if kind == "command":
            del self.fields["timeout"]

    @property
    def options(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(OPTION_PREFIX)]

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"] or slugify(self.cleaned_data.get("name", ""))[:40]
        if not slug or slug in RESERVED_SLUGS:
            raise forms.ValidationError(_("Enter a short name of letters, digits and hyphens."))
        return slug

    def clean_tags(self) -> list[str]:
        tags = list(dict.fromkeys(" ".join(tag.split()) for tag in re.split("[,，、]", self.cleaned_data["tags"])))
        if len(tags) > MAX_TAGS:
            raise forms.ValidationError(_("At most %(limit)d tags.") % {"limit": MAX_TAGS})
        return [tag[:MAX_TAG_LENGTH] for tag in tags if tag]

    def add_refusal(self, refused: Refused) -> None:
        """Shows it beside the value that is wrong."""
        names = (OPTION_PREFIX + refused.field, refused.field)
        self.add_error(next((name for name in names if name in self.fields), None), str(refused.text))

    def build_probe(self) -> Probe:
        """Builds the probe from the entered values. An empty field means the default."""
        entered = {
            name.removeprefix(OPTION_PREFIX): self.cleaned_data[name]
            for name in self.fields
            if name.startswith(OPTION_PREFIX)
        }
        options = {name: value for name, value in entered.items() if value not in {None, ""}}
        return make_probe(self.kind, self.cleaned_data["target"].strip(), options)

    def build_check(self) -> Check:
        """Returns the check with the entered values, without saving it."""
        check = self.check or Check()
        for name in ENTERED_FIELDS:
            setattr(check, name, self.cleaned_data[name])
        check.timeout = self.cleaned_data.get("timeout") or min(DEFAULT_TIMEOUT, check.interval)
        return check


def find_default_room(by: User) -> int | None:
    """The room of the newest check, else the oldest room, so that a check tells somebody when it goes down."""
    rooms = assignable_rooms(by)
    newest = rooms.filter(checks__isnull=False).order_by("-checks__pk").values_list("pk", flat=True).first()
    return newest or rooms.order_by("pk").values_list("pk", flat=True).first()


def get_choice_field(form: forms.BaseForm, name: str) -> VisibleChoiceField:
    field = form.fields[name]
    assert isinstance(field, VisibleChoiceField)
    return field


def build_initial_options(kind: str, check: Check | None) -> dict[str, Any]:
    defaults = make_probe(kind, "")
    options = {name: getattr(defaults, name) for name in CHECK_KINDS[kind].options}
    check_fields = (
        {**vars(check), "room": check.room_id, "parent": check.parent_id, "tags": ", ".join(check.tags)}
        if check
        else {}
    )
    options |= check.options if check else {}
    return check_fields | {OPTION_PREFIX + name: value for name, value in options.items()}


class CommandForm(forms.ModelForm):  # type: ignore[type-arg] # Django itself takes no parameter here
    argv = forms.CharField(
        label=_("Program and arguments, one per line"),
        help_text=_("Each argument goes on its own line: uname on the first, -a on the second."),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "mono"}),
    )

    room = VisibleChoiceField(
        Room.objects.none(), label=_("Room"), required=False, empty_label=_("Every room, for admins")
    )

    class Meta:
        model = ProbeCommand
        fields = ["name", "summary", "argv", "timeout", "room", "who"]
        field_classes = {"summary": NameField}
        labels = {"timeout": _("Timeout in seconds")}
        widgets = {"name": forms.TextInput(attrs=PLAIN_INPUT), "summary": forms.TextInput(attrs=PLAIN_INPUT)}

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        get_choice_field(self, "room").set_choices(assignable_rooms(by), self.instance.room_id)
        if isinstance(self.instance.argv, list):
            self.initial["argv"] = "\n".join(self.instance.argv)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name in RESERVED_SLUGS:
            raise forms.ValidationError(_("This name is reserved for a page."))
        return name

    def clean_argv(self) -> list[str]:
        argv = [line.strip() for line in self.cleaned_data["argv"].splitlines() if line.strip()]
        program, *rest = argv[0].split() if argv else [""]
        if rest and not Path(argv[0]).is_file():
            values = {"program": program, "arguments": ", ".join(rest)}
            raise forms.ValidationError(
                _("Put each argument on its own line: %(program)s, then %(arguments)s.") % values
            )
        return argv
