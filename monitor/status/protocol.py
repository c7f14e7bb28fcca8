"""What the buttons of an incident's card send."""

from realtime.protocol import Command


class DoIncident(Command, tag_field="do", tag="incident.do"):
    """A button of an incident's card: ``publish``, ``withdraw``, or the state that it is in from now on. -> Done"""

    incident: int
    what: str
