"""The name and form fields of each kind of check. Its request is in monitor/checks/probes/."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor.checks.probes import PROBE_KINDS
from monitor.checks.probes.dns import RECORD_TYPES
from monitor.checks.probes.http import METHODS

PLAIN_INPUT = {"autocomplete": "off"}


def text_field(label: Any, help_text: Any = "", length: int = 200, **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs=PLAIN_INPUT)
    return forms.CharField(label=label, help_text=help_text, max_length=length, required=False, widget=widget, **more)


def lines_field(label: Any, help_text: Any, length: int = 2000) -> forms.CharField:
    widget = forms.Textarea(attrs=PLAIN_INPUT | {"rows": 3, "spellcheck": "false", "class": "mono"})
    return forms.CharField(label=label, help_text=help_text, max_length=length, required=False, widget=widget)


def number_field(label: Any, help_text: Any = "", low: int = 0, high: int | None = None) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text, min_value=low, max_value=high, required=False)


def checkbox_field(label: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)


def choices_of(values: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(value, value) for value in values]


class CheckKind:
    """The labels and option fields of a kind of check."""

    def __init__(self, title: Any, target: Any, example: str, options: Mapping[str, forms.Field]) -> None:
        self.title, self.target, self.example, self.options = title, target, example, options


CHECK_KINDS: dict[str, CheckKind] = {
    "http": CheckKind(
        _("URL"),
        _("URL"),
        "https://example.com/health",
        {
            "method": forms.ChoiceField(label=_("Method"), choices=choices_of(METHODS)),
            "status": text_field(_("Expected status"), _("Like 200, 204 or 200-399.")),
            "keyword": text_field(_("Text that the response must contain")),
            "absent": text_field(_("Text that the response must not contain")),
            "json_path": text_field(
                _("JSON path"), _("For example checks.0.state. Without a value, the path must exist.")
            ),
            "json_equals": text_field(_("Expected JSON value"), _("Numbers compare as numbers: 1 and 1.0 are equal.")),
            "max_bytes": number_field(_("Maximum response size in bytes"), low=1, high=8_000_000),
            "follow": checkbox_field(_("Follow redirects")),
            "verify": checkbox_field(_("Verify the certificate")),
        },
    ),
    "tcp": CheckKind(
        _("TCP port"),
        _("Host and port"),
        "db.example.com:5432",
        {
            "banner": text_field(
                _("Expected banner"), _("A regular expression, such as ^SSH-2. Empty: the port only has to be open.")
            )
        },
    ),
    "ping": CheckKind(
        _("Ping"),
        _("Host"),
        "router.example.com",
        {"port": number_field(_("Fallback port if the kernel does not allow pings"), high=65535)},
    ),
    "dns": CheckKind(
        _("DNS"),
        _("Host name"),
        "www.example.com",
        {
            "record": forms.ChoiceField(label=_("Record type"), choices=choices_of(RECORD_TYPES)),
            "expect": lines_field(
                _("Expected values"),
                _("All values, one per line, in any order: 10 mail.example.com for MX. Empty: any."),
            ),
            "server": text_field(_("Name server"), _("host:port. Empty: the name server of the collector's machine.")),
        },
    ),
    "tls": CheckKind(
        _("Certificate"),
        _("Host, with a port unless it is 443"),
        "example.com",
        {
            "days": number_field(_("Minimum days of validity"), high=3650),
            "name": text_field(_("Expected name, if it is not the host")),
            "verify": checkbox_field(_("Require a trusted certificate")),
        },
    ),
    "command": CheckKind(_("Command"), _("Command and arguments"), "disk-free /srv", {}),
}

assert CHECK_KINDS.keys() == PROBE_KINDS.keys()
