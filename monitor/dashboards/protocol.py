"""What a dashboard's stream carries. See docs/protocol.md."""

import msgspec

from monitor.metrics.readings import ChartValue
from realtime.protocol import Command


class BoardTick(msgspec.Struct, omit_defaults=True):
    """Data of ``tick`` in ``dashboard.<key>``: the newest values, by the order that the snapshot gave.

    A tick of another ``layout`` than the snapshot's has another order: subscribe again. Without ``v`` its sources
    are down.
    """

    t: int  # seconds since 1970
    layout: int
    v: list[ChartValue] | None = None


class BoardColumn(msgspec.Struct):
    name: str
    unit: str
    source: str


class ShownPanel(msgspec.Struct, omit_defaults=True):
    title: str
    note: str = ""
    top: float | None = None  # where the scale ends
    colour: str = "blue"
    wide: bool = False


class ShownDashboard(msgspec.Struct):
    """What a dashboard looks like that people made, or that no page knows: it may be another at each snapshot."""

    title: str
    panels: list[ShownPanel]


class Dockable(msgspec.Struct, omit_defaults=True):
    """One of `GET /boards/dock/?room=`: a dashboard that may stand beside a conversation."""

    key: str
    title: str
    here: bool = False  # it belongs to the room that was named


class BoardSnapshot(msgspec.Struct):
    """The snapshot of ``dashboard.<key>``: the order of values, and the last minutes, a list for each series."""

    layout: int
    columns: list[BoardColumn]
    panels: list[list[int]]  # of each panel of the page: indices into the columns
    t: list[int]  # rising; seconds that are not there were not measured
    v: list[list[ChartValue]]  # as many as columns, each as long as ``t``
    shown: ShownDashboard | None = None  # of a dashboard that people made; of others the page has it


class BoardHistory(msgspec.Struct, omit_defaults=True):
    """`GET /dashboards/<key>/history/?from=&to=&points=`, seconds since 1970: any range in about ``points`` times.

    A list for each column, as in the snapshot, each as long as ``t``: the mean, the lowest and the highest of ``step``
    seconds. Without ``low`` and ``high`` a step is one second. A row of nulls is a gap.
    """

    layout: int
    columns: list[BoardColumn]
    panels: list[list[int]]
    step: int
    t: list[int]
    mean: list[list[ChartValue]]
    low: list[list[float | None]] | None = None
    high: list[list[float | None]] | None = None
    shown: ShownDashboard | None = None


class Mark(msgspec.Struct, omit_defaults=True):
    """One of `GET /dashboards/<key>/pins/?from=&to=`, seconds since 1970: a pinned message, or where an alert began.

    Only of rooms that one is in. An event ``pinned`` in ``dashboard.<key>`` says that there may be others.
    """

    at: int
    kind: str  # pin or alert
    name: str  # of the message's author
    text: str  # its first words; the alert's title
    room: int
    seq: int | None = None  # of the message
    severity: str = ""


class SetPin(Command, tag_field="do", tag="pin.set"):
    """A message stands on the time axis of charts, or no more. Members of its room may. -> {}"""

    message: int
    on: bool


class ConfirmTicks(Command, tag_field="do", tag="dashboard.seen"):
    """The ticks of a dashboard have come, up to ``t``. Say so every five seconds, or they stop until you do. -> {}"""

    key: str
    t: int
