"""What can be done with an alert by the socket. Its card is a message of its room; see docs/protocol.md."""

from realtime.protocol import Command


class AcknowledgeAlert(Command, tag_field="do", tag="alert.acknowledge"):
    """I am on it. Members of the alert's room may; the card says so to everybody. -> {}"""

    alert: int
    minutes: int = 60
    words: str = ""


class UnacknowledgeAlert(Command, tag_field="do", tag="alert.unacknowledge"):
    """Nobody is on it any more. -> {}"""

    alert: int


class SilenceAlert(Command, tag_field="do", tag="alert.silence"):
    """Nothing more of this rule in this room for a while. -> {}"""

    alert: int
    minutes: int = 60
    words: str = ""


class CloseAlert(Command, tag_field="do", tag="alert.close"):
    """Ends an alert by hand; it opens again when it fires again. Members of the alert's room may. -> {}"""

    alert: int


class UnsilenceAlert(Command, tag_field="do", tag="alert.unsilence"):
    """Ends the silence that was made for this alert alone. -> {}"""

    alert: int
