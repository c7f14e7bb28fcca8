from typing import Any, TypedDict


class Bell(TypedDict, total=False):
    """What crosses the layer. Events are encoded once, by whoever caused them."""

    type: str  # for Channels; always "bell"
    origin: str  # set by the sending hub, so that it knows its echo
    topic: str
    first: int  # rev of the first event of a log, counting up without holes; 0 for state
    events: list[str]
    note: dict[str, Any]  # for the process itself, not for its sockets
    user: int  # with ``kick``
    kick: int  # close code
    kept: str  # digest of the session whose sockets stay
    renewed: str  # digest of its key from now on
    session: str  # digest; empty for all of the person's sockets
