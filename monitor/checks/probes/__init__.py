"""The kinds of probes. A module holds one kind: its options, their validation and the request.

``probe.py`` has their base class, ``monitor/checks/probe_helpers/`` what several of them need, and
``monitor/checks/kinds.py`` their names and form fields on pages. A check stores the tag: "tls" is a certificate.
"""

from typing import Any

import msgspec

from monitor.checks.probes.certificate import CertificateProbe
from monitor.checks.probes.command import CommandProbe
from monitor.checks.probes.dns import DnsProbe
from monitor.checks.probes.http import HttpProbe
from monitor.checks.probes.ping import PingProbe
from monitor.checks.probes.probe import Probe, Result, run_probe
from monitor.checks.probes.tcp import TcpProbe

__all__ = ["PROBE_KINDS", "CommandProbe", "Probe", "Result", "list_changed_options", "make_probe", "run_probe"]

PROBE_KINDS: dict[str, type[Probe]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (HttpProbe, TcpProbe, PingProbe, DnsProbe, CertificateProbe, CommandProbe)
}
AnyProbe = HttpProbe | TcpProbe | PingProbe | DnsProbe | CertificateProbe | CommandProbe


def make_probe(kind: str, target: str, options: dict[str, Any] | None = None) -> Probe:
    """Raises :class:`msgspec.ValidationError` for options that the kind does not have."""
    probe: Probe = msgspec.convert({**(options or {}), "kind": kind, "target": target}, AnyProbe)
    return probe


def list_changed_options(probe: Probe) -> dict[str, Any]:
    """Returns the options that differ from the defaults. A check stores only these."""
    usual = type(probe)(target="")
    names = [name for name in probe.__struct_fields__ if name not in {"target", "argv", "limit"}]
    return {name: getattr(probe, name) for name in names if getattr(probe, name) != getattr(usual, name)}
