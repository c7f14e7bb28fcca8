"""The kinds of checks as a form asks for them: what the target is called, and the options."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor.checks.probes import KINDS
from monitor.checks.probes.dns import RECORDS
from monitor.checks.probes.http import METHODS

PLAIN = {"autocomplete": "off"}


def text(label: Any, help_text: Any = "", length: int = 200, **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs=PLAIN)
    return forms.CharField(label=label, help_text=help_text, max_length=length, required=False, widget=widget, **more)


def lines(label: Any, help_text: Any, length: int = 2000) -> forms.CharField:
    widget = forms.Textarea(attrs=PLAIN | {"rows": 3, "spellcheck": "false", "class": "mono"})
    return forms.CharField(label=label, help_text=help_text, max_length=length, required=False, widget=widget)


def number(label: Any, help_text: Any = "", low: int = 0, high: int | None = None) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text, min_value=low, max_value=high, required=False)


def yes(label: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)


def same(values: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(each, each) for each in values]


class Kind:
    """How a kind of check is named and asked for in a form."""

    def __init__(self, title: Any, target: Any, example: str, options: Mapping[str, forms.Field]) -> None:
        self.title, self.target, self.example, self.options = title, target, example, options


FORMS: dict[str, Kind] = {
    "http": Kind(
        _("URL"),
        _("Apprise URL"),
        "https://example.com/health",
        {
            "method": forms.ChoiceField(label=_("Method"), choices=same(METHODS)),
            "status": text(_("Expected status"), _("Like 200, 204 or 200-399.")),
            "keyword": text(_("Text that the response must contain")),
            "absent": text(_("Text that the response must not contain")),
            "json_path": text(_("JSON path"), _("For example checks.0.state. Without a value, the path must exist.")),
            "json_equals": text(_("Expected JSON value"), _("Numbers compare as numbers: 1 and 1.0 are equal.")),
            "max_bytes": number(_("Maximum response size in bytes"), low=1, high=8_000_000),
            "follow": yes(_("Follow redirects")),
            "verify": yes(_("Verify the certificate")),
        },
    ),
    "tcp": Kind(
        _("TCP port"),
        _("Host and port"),
        "db.example.com:5432",
        {
            "banner": text(
                _("Expected banner"), _("A regular expression, such as ^SSH-2. Empty: the port only has to be open.")
            )
        },
    ),
    "ping": Kind(
        _("Ping"),
        _("Host"),
        "router.example.com",
        {"port": number(_("Fallback port if the kernel does not allow pings"), high=65535)},
    ),
    "dns": Kind(
        _("DNS"),
        _("Host name"),
        "www.example.com",
        {
            "record": forms.ChoiceField(label=_("Record type"), choices=same(RECORDS)),
            "expect": lines(
                _("Expected values"),
                _("All values, one per line, in any order: 10 mail.example.com for MX. Empty: any."),
            ),
            "server": text(_("Name server"), _("host:port. Empty: the name server of the collector's machine.")),
        },
    ),
    "tls": Kind(
        _("Certificate"),
        _("Host, with a port unless it is 443"),
        "example.com",
        {
            "days": number(_("Minimum days of validity"), high=3650),
            "name": text(_("Expected name, if it is not the host")),
            "verify": yes(_("Require a trusted certificate")),
        },
    ),
    "command": Kind(_("Command"), _("Command and arguments"), "disk-free /srv", {}),
}

assert FORMS.keys() == KINDS.keys()
