"""Socket commands of alerts. The card is a message of the room; see docs/protocol.md."""

from monitor.alerts.actions import DEFAULT_MINUTES
from realtime.protocol import Command


class AcknowledgeAlert(Command, tag_field="do", tag="alert.acknowledge"):
    """Acknowledge an alert. Members of its room can do this, and the card shows it to everyone. -> {}"""

    alert: int
    minutes: int = DEFAULT_MINUTES
    words: str = ""


class UnacknowledgeAlert(Command, tag_field="do", tag="alert.unacknowledge"):
    """Remove the acknowledgement. -> {}"""

    alert: int


class SilenceAlert(Command, tag_field="do", tag="alert.silence"):
    """Silence the alert's rule in this room for some minutes. -> {}"""

    alert: int
    minutes: int = DEFAULT_MINUTES
    words: str = ""


class CloseAlert(Command, tag_field="do", tag="alert.close"):
    """End an alert by hand. It opens again when it fires again. Members of its room can do this. -> {}"""

    alert: int


class UnsilenceAlert(Command, tag_field="do", tag="alert.unsilence"):
    """End the silence that covers only this alert. -> {}"""

    alert: int
