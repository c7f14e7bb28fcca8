"""The command that the buttons of an incident's card send."""

from realtime.protocol import Command


class DoIncident(Command, tag_field="do", tag="incident.do"):
    """A button of an incident's card: ``publish``, ``withdraw``, or its new state. -> Done"""

    incident: int
    what: str
