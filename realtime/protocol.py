"""Protocol v1: the structs on the socket, for all streams.

One text frame from the client is one :class:`Command` object. A frame from the server is either one :class:`Answer`
object or an array of :class:`Event` objects. ``docs/protocol.md`` is generated from these and the apps' own structs.
"""

from enum import IntEnum
from typing import Any

import msgspec

from myweb.errors import Error

VERSION = 1


class Answer(msgspec.Struct, omit_defaults=True):
    """What became of the command whose ``id`` was ``re``: either ``ok`` or ``error``."""

    re: int
    ok: Any = None
    error: Error | None = None


class Event(msgspec.Struct, omit_defaults=True):
    """Something that happened in a stream. ``rev`` counts a log stream's events; 0 in state streams.

    ``included`` has present states of other objects that the data names: put them in place like the data itself.

    An event follows ``after``, which is ``rev - 1`` where it is not given. Who holds less than that has missed
    something, and subscribes again; who holds ``rev`` already drops the event.
    """

    stream: str
    rev: int
    type: str
    data: Any
    after: int | None = None
    included: list[Any] = []


class Command(msgspec.Struct):
    """What every command has besides its verb, which stands in ``do``: a number that its answer repeats."""

    id: int

    @property
    def text_size(self) -> int:
        """Characters that cost time to parse."""
        return 0


class Subscribe(Command, tag_field="do", tag="subscribe"):
    """Follow a stream. With ``after`` (the last ``rev`` held) and ``epoch``, ask for what came since."""

    stream: str
    after: int | None = None
    epoch: str = ""


class Subscribed(msgspec.Struct, omit_defaults=True):
    """Either ``recovered`` with the missing ``events``, or a fresh ``snapshot`` to start from."""

    head: int
    epoch: str
    recovered: bool
    events: Any = None
    snapshot: Any = None


class Unsubscribe(Command, tag_field="do", tag="unsubscribe"):
    stream: str


class Ping(Command, tag_field="do", tag="ping"):
    """Answered at once, for measuring the way."""


class Hello(msgspec.Struct):
    """The data of the first event on every socket, type ``hello`` on stream ``socket``."""

    protocol: int
    user: int  # negative: a guest, see above
    now: str  # the server's clock, ISO 8601
    heads_every: float  # seconds between the ``heads`` events


class OtherUser(msgspec.Struct):
    """The data of ``other_user`` on stream ``socket``, before 4102: the user whose session it is."""

    user: int
    name: str


class Close(IntEnum):
    """Why the server closes. 4000-4099: come back, with jitter. 4100-4199: do not, until the user does something."""

    RESTART = 4001
    BUSY = 4003  # the reason is the seconds after which to come back
    SLOW = 4008
    EXPIRED = 4010
    SIGNED_OUT = 4101
    OTHER_USER = 4102
    FORBIDDEN = 4103
    MALFORMED = 4104
    FLOODING = 4129


encode = msgspec.json.Encoder().encode


def now_iso() -> str:
    from django.utils import timezone

    return timezone.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
