from typing import Any, TypedDict


class LayerEvent(TypedDict, total=False):
    """A message on the channel layer. Events are encoded once, by the process that caused them."""

    type: str  # for Channels; always "event"
    origin: str  # name of the sending hub, which drops its own echo
    topic: str
    first: int  # rev of the first event of a log, without gaps; 0 for state
    events: list[str]
    quiet: bool  # of a log: the observers of its changes need not know
    note: dict[str, Any]  # for the process, not for its sockets
    user: int  # with ``kick``
    kick: int  # close code
    kept: str  # digest of the session whose sockets stay
    renewed: str  # digest of its key from now on
    session: str  # digest; empty for all sockets of the user
