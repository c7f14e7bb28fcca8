"""Structs of the stream of a dashboard. See docs/protocol.md."""

import msgspec

from monitor.metrics.readings import ChartValue
from realtime.protocol import Command


class BoardTick(msgspec.Struct, omit_defaults=True):
    """Data of ``tick`` in ``dashboard.<key>``: the newest values, in the order of the snapshot.

    If ``layout`` differs from that of the snapshot, the order has changed: subscribe again. Without ``v`` all sources
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
    top: float | None = None  # maximum of the scale; null: automatic
    colour: str = "blue"
    wide: bool = False
    empty: bool = False  # no series is chosen


class ShownDashboard(msgspec.Struct):
    """The definition of a custom or generated dashboard. It can differ between snapshots."""

    title: str
    panels: list[ShownPanel]


class Dockable(msgspec.Struct, omit_defaults=True):
    """One of `GET /boards/dock/?room=`: a dashboard that can be shown beside a conversation."""

    key: str
    title: str
    here: bool = False  # it belongs to the requested room


class BoardSnapshot(msgspec.Struct):
    """The snapshot of ``dashboard.<key>``: the columns, and the values of the last minutes as one list per series."""

    layout: int
    columns: list[BoardColumn]
    panels: list[list[int]]  # for each panel: indices into the columns
    t: list[int]  # ascending; missing seconds were not measured
    v: list[list[ChartValue]]  # one list per column, each as long as ``t``
    shown: ShownDashboard | None = None  # of a custom or generated dashboard; the page knows the others


class BoardHistory(msgspec.Struct, omit_defaults=True):
    """`GET /dashboards/<key>/history/?from=&to=&points=`, in seconds since 1970: a range with about ``points`` steps.

    There is one list per column, as in the snapshot, each as long as ``t``: the mean, minimum and maximum of ``step``
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
    """One of `GET /dashboards/<key>/pins/?from=&to=`, seconds since 1970: a pinned message, or the start of an alert.

    It is limited to the user's rooms. After an event ``pinned`` in ``dashboard.<key>`` there can be others.
    """

    at: int
    kind: str  # pin or alert
    name: str  # of the message's author
    text: str  # the start of the message, or the alert's title
    room: int
    seq: int | None = None  # of the message
    severity: str = ""


class SetPin(Command, tag_field="do", tag="pin.set"):
    """Pin a message to the time axis of charts, or unpin it. Members of its room can do this. -> {}"""

    message: int
    on: bool


class ConfirmTicks(Command, tag_field="do", tag="dashboard.seen"):
    """Confirm the ticks of a dashboard up to ``t``. Send it every five seconds; without it the ticks pause. -> {}"""

    key: str
    t: int
