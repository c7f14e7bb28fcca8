"""Builds the protocol structs of dashboards from the ring buffer."""

import time
from collections.abc import Mapping

from monitor.dashboards import protocol
from monitor.dashboards.automatic import AUTOMATIC_DASHBOARDS, DashboardView, Layout
from monitor.dashboards.layouts import DashboardLayout, find_layout
from monitor.metrics.models import Source
from monitor.metrics.readings import Values, get_value_at
from monitor.metrics.store.ring import get_ring
from myweb.errors import NotFound

RECENT_SECONDS = 300  # seconds
NO_VALUES = Values("d")

ValuesByTime = dict[int, dict[str, Values]]  # second -> source -> its row


def load_snapshot(key: str) -> protocol.BoardSnapshot:
    return serialize_snapshot(get_layout(key))


def serialize_snapshot(dashboard_layout: DashboardLayout) -> protocol.BoardSnapshot:
    dashboard, layout = dashboard_layout
    rows = load_moments(layout, int(time.time()) - RECENT_SECONDS)
    return protocol.BoardSnapshot(
        layout=layout.number,
        columns=[protocol.BoardColumn(column.name, column.unit, column.source) for column in layout.columns],
        panels=[list(panel) for panel in layout.panels],
        t=list(rows),
        v=[
            [get_value_at(row.get(column.source, NO_VALUES), column.position) for row in rows.values()]
            for column in layout.columns
        ],
        shown=serialize_view(dashboard) if dashboard.version or dashboard.key not in AUTOMATIC_DASHBOARDS else None,
    )


def serialize_view(dashboard: DashboardView) -> protocol.ShownDashboard:
    return protocol.ShownDashboard(
        str(dashboard.title),
        [
            protocol.ShownPanel(
                str(panel.title), str(panel.note), panel.top, panel.colour, panel.wide, not panel.series
            )
            for panel in dashboard.panels
        ],
    )


def load_moments(layout: Layout, after: int) -> ValuesByTime:
    """Returns the rows of the layout's sources by second, ascending."""
    ring, moments = get_ring(), ValuesByTime()
    for source in Source.objects.filter(key__in=layout.sources):
        for row in ring.since(source.pk, after):
            moments.setdefault(row.t, {})[source.key] = row.values
    return dict(sorted(moments.items()))


def load_ticks_since(key: str, after: int) -> list[protocol.BoardTick]:
    """Returns an empty list for a deleted dashboard."""
    dashboard_layout = find_layout(key)
    return (
        [
            serialize_tick(t, dashboard_layout.layout, rows)
            for t, rows in load_moments(dashboard_layout.layout, after).items()
        ]
        if dashboard_layout
        else []
    )


def get_layout(key: str, since: int | None = None) -> DashboardLayout:
    dashboard_layout = find_layout(key, since)
    if dashboard_layout is None:
        raise NotFound
    return dashboard_layout


def serialize_tick(t: int, layout: Layout, rows: Mapping[str, Values]) -> protocol.BoardTick:
    """``rows`` is by source; a source with an empty row is down. If all are down, the tick has no values."""
    if not any(rows.get(source) for source in layout.sources):
        return protocol.BoardTick(t, layout.number)
    values = [get_value_at(rows.get(column.source, NO_VALUES), column.position) for column in layout.columns]
    return protocol.BoardTick(t, layout.number, values)
