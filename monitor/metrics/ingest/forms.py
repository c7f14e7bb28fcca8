import ssl
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Room
from monitor.metrics.access import assignable_rooms
from monitor.metrics.ingest import duration_fields, scrape
from monitor.metrics.ingest.heartbeat_schedule import BadSchedule, get_next_due
from monitor.metrics.models import Beat
from monitor.metrics.models.ingest import DEFAULT_GRACE
from monitor.metrics.name_patterns import validate_patterns
from myweb.network_policy import OutOfReach, check_address
from myweb.text_cleaning import NameField

MAX_DURATION = 366 * 86_400  # seconds
MAX_CA_LENGTH = 65_536  # characters
PLAIN_INPUT = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}


class DurationField(forms.CharField):
    """A duration in seconds, typed like 15m."""

    def __init__(self, *, min_seconds: int, max_seconds: int = MAX_DURATION, **kwargs: Any) -> None:
        super().__init__(max_length=40, widget=forms.TextInput(attrs=PLAIN_INPUT), **kwargs)
        self.min_seconds, self.max_seconds = min_seconds, max_seconds

    def prepare_value(self, value: Any) -> Any:
        return duration_fields.format_typed_duration(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        seconds = duration_fields.parse_duration(text)
        if seconds is None:
            raise forms.ValidationError(_("Enter a duration such as 30s, 15m, 2h or 1d."))
        if not self.min_seconds <= seconds <= self.max_seconds:
            limits = {
                "least": duration_fields.format_typed_duration(self.min_seconds),
                "most": duration_fields.format_typed_duration(self.max_seconds),
            }
            raise forms.ValidationError(_("At least %(least)s, at most %(most)s."), params=limits)
        return seconds


class RoomField(forms.ModelChoiceField):  # type: ignore[type-arg] # Django itself takes no parameter here
    def label_from_instance(self, obj: Room) -> str:
        return f"#{obj}"


class VisibilityForm(forms.Form):
    """The room whose members can see it; without a room only admins can."""

    room = RoomField(
        label=_("Visible to"), queryset=Room.objects.none(), required=False, empty_label=_("Only for admins")
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        room_field = self.fields["room"]
        assert isinstance(room_field, RoomField)
        room_field.queryset = assignable_rooms(by).order_by("name")


class NamedForm(VisibilityForm):
    field_order = ["name", "room"]
    name = NameField(label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class PushedForm(NamedForm):
    every = DurationField(
        label=_("Maximum interval between values"),
        help_text=_(
            "A value is valid for this long. After that, the series has no data: old values are never repeated."
        ),
        initial=60,
        min_seconds=1,
    )


class ScrapedForm(NamedForm):
    url = forms.CharField(
        label=_("URL"),
        max_length=500,
        help_text=_("The URL of its metrics, for example http://127.0.0.1:9100/metrics. Redirects are not followed."),
        widget=forms.TextInput(attrs=PLAIN_INPUT | {"inputmode": "url"}),
    )
    interval = DurationField(label=_("Interval"), initial=15, min_seconds=5, max_seconds=3_600)
    timeout = DurationField(label=_("Timeout"), initial=5, min_seconds=1, max_seconds=10)
    allowed = forms.CharField(
        label=_("Only these names"),
        max_length=2_000,
        required=False,
        validators=[validate_patterns],
        help_text=_("Separated by spaces; * matches anything: node_load* node_memory_*. Empty: all, up to 500 series."),
        widget=forms.TextInput(attrs=PLAIN_INPUT),
    )
    bearer = forms.CharField(
        label=_("Token"),
        max_length=2_000,
        required=False,
        help_text=_(
            "If the target requires one. It is stored encrypted and not shown again; empty keeps the current one."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    ca = forms.CharField(
        label=_("Certificate authority"),
        max_length=MAX_CA_LENGTH,
        required=False,
        help_text=_("In PEM, for a certificate that the system does not trust. Empty: the CAs that the system trusts."),
        widget=forms.Textarea(attrs=PLAIN_INPUT | {"rows": 3, "placeholder": "-----BEGIN CERTIFICATE-----"}),
    )

    def clean_ca(self) -> str:
        ca = str(self.cleaned_data["ca"])
        try:
            scrape.get_scrape_context(ca)
        except (ssl.SSLError, ValueError):
            raise forms.ValidationError(_("Paste a certificate in PEM, with its BEGIN and END lines.")) from None
        return ca

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        try:
            host = scrape.parse_target_url(url).hostname or ""
        except (scrape.BadAddress, ValueError):
            raise forms.ValidationError(
                _("Use the format http://host:9100/metrics, without a user name or password.")
            ) from None
        try:
            check_address(host, scrape.REACH)
        except OutOfReach:
            raise forms.ValidationError(_("This address is blocked: link-local or cloud metadata.")) from None
        except ValueError:  # a host name: its addresses are checked at each request
            pass
        return url


class BeatForm(NamedForm):
    period = DurationField(label=_("Runs every"), initial=86_400, min_seconds=30, required=False)
    cron = forms.CharField(
        label=_("Or a cron expression"),
        max_length=100,
        required=False,
        help_text=_("As in crontab, for example 30 2 * * *. Replaces the interval above."),
        widget=forms.TextInput(attrs=PLAIN_INPUT),
    )
    zone = forms.CharField(
        label=_("Time zone"),
        max_length=60,
        required=False,  # a script fills in the browser's
        help_text=_("Of the cron expression, such as Europe/Vienna. Empty: UTC."),
        widget=forms.TextInput(attrs=PLAIN_INPUT),
    )
    grace = DurationField(
        label=_("Grace period"),
        help_text=_(
            "If no heartbeat arrives within the interval and grace period, or a run takes longer than the "
            "grace period, it is down."
        ),
        initial=DEFAULT_GRACE,
        min_seconds=10,
    )

    def clean_zone(self) -> str:
        zone = str(self.cleaned_data["zone"]) or "UTC"
        if zone not in available_timezones():
            raise forms.ValidationError(_("Enter a time zone such as Europe/Vienna or UTC."))
        return zone

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "zone" in data and data.get("cron"):
            try:
                get_next_due(Beat(cron=data["cron"], zone=data["zone"]), timezone.now())
            except BadSchedule:
                self.add_error("cron", _("Enter five crontab fields, such as 30 2 * * *, that match a future time."))
        elif "period" in data and not data["period"]:
            self.add_error("period", _("Enter how often it runs."))
        data["period"] = data.get("period") or 86_400
        return data
