"""The recent values of a dashboard, out of the ring."""

import time
from collections.abc import Mapping

from monitor.dashboards import protocol
from monitor.dashboards.automatic import AUTOMATIC, Dashboard, Layout
from monitor.dashboards.layouts import LaidOut, lay_out
from monitor.metrics.models import Source
from monitor.metrics.readings import Values, get_value_at
from monitor.metrics.store.ring import get_ring
from myweb.errors import NotFound

RECENT = 300  # seconds
NOTHING = Values("d")

Moments = dict[int, dict[str, Values]]  # second -> source -> its row


def snapshot(key: str) -> protocol.BoardSnapshot:
    return snapshot_of(laid_out(key))


def snapshot_of(found: LaidOut) -> protocol.BoardSnapshot:
    dashboard, order = found
    rows = moments(order, int(time.time()) - RECENT)
    return protocol.BoardSnapshot(
        layout=order.number,
        columns=[protocol.Column(column.name, column.unit, column.source) for column in order.columns],
        panels=[list(panel) for panel in order.panels],
        t=list(rows),
        v=[
            [get_value_at(row.get(column.source, NOTHING), column.position) for row in rows.values()]
            for column in order.columns
        ],
        shown=shown(dashboard) if dashboard.version or dashboard.key not in AUTOMATIC else None,
    )


def shown(dashboard: Dashboard) -> protocol.Shown:
    return protocol.Shown(
        str(dashboard.title),
        [
            protocol.ShownPanel(str(panel.title), str(panel.note), panel.top, panel.colour, panel.wide)
            for panel in dashboard.panels
        ],
    )


def moments(order: Layout, after: int) -> Moments:
    """What each of a layout's sources gave in each second, by rising time."""
    ring, found = get_ring(), Moments()
    for source in Source.objects.filter(key__in=order.sources):
        for row in ring.since(source.pk, after):
            found.setdefault(row.t, {})[source.key] = row.values
    return dict(sorted(found.items()))


def ticks_since(key: str, after: int) -> list[protocol.Tick]:
    """Nothing of one that was deleted while somebody looked."""
    found = lay_out(key)
    return [tick(t, found.order, rows) for t, rows in moments(found.order, after).items()] if found else []


def laid_out(key: str, since: int | None = None) -> LaidOut:
    found = lay_out(key, since)
    if found is None:
        raise NotFound
    return found


def tick(t: int, order: Layout, rows: Mapping[str, Values]) -> protocol.Tick:
    """``rows`` by source; an empty one was down. Without values if all of them were."""
    if not any(rows.get(source) for source in order.sources):
        return protocol.Tick(t, order.number)
    values = [get_value_at(rows.get(column.source, NOTHING), column.position) for column in order.columns]
    return protocol.Tick(t, order.number, values)
