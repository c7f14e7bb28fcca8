"""The command that the buttons of an incident's card send, and the counts of the sidebar."""

import msgspec

from realtime.protocol import Command


class DoIncident(Command, tag_field="do", tag="incident.do"):
    """A button of an incident's card: ``publish``, ``withdraw``, or its new state. -> Done"""

    incident: int
    what: str


class Watching(msgspec.Struct, omit_defaults=True, frozen=True):
    """What a user may see of the alerts that fire and the checks that are down, and whether these are up to date."""

    firing: int = 0
    critical: int = 0  # of these
    down: int = 0
    unmeasured_since: int = 0  # seconds since 1970: no collector has measured since then; 0: one does
