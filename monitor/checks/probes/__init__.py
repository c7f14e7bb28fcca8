"""The kinds of probes. Each module holds one: its options, what is wrong with them, and the asking."""

from typing import Any

import msgspec

from monitor.checks.probes.command import Command
from monitor.checks.probes.dns import Dns
from monitor.checks.probes.http import Http
from monitor.checks.probes.ping import Ping
from monitor.checks.probes.probe import Probe, Result, ask
from monitor.checks.probes.tcp import Tcp
from monitor.checks.probes.tls import Tls

__all__ = ["KINDS", "Command", "Probe", "Result", "ask", "made", "options_of"]

KINDS: dict[str, type[Probe]] = {str(kind.__struct_config__.tag): kind for kind in (Http, Tcp, Ping, Dns, Tls, Command)}
Known = Http | Tcp | Ping | Dns | Tls | Command


def made(kind: str, target: str, options: dict[str, Any] | None = None) -> Probe:
    """Raises :class:`msgspec.ValidationError` if the options are not those of the kind."""
    probe: Probe = msgspec.convert({**(options or {}), "kind": kind, "target": target}, Known)
    return probe


def options_of(probe: Probe) -> dict[str, Any]:
    """What a check keeps: where it is not as usual."""
    usual = type(probe)(target="")
    names = [name for name in probe.__struct_fields__ if name not in {"target", "argv", "limit"}]
    return {name: getattr(probe, name) for name in names if getattr(probe, name) != getattr(usual, name)}
