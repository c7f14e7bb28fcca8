"""The recent values of a dashboard, out of the ring."""

import time
from math import isnan

from monitor import events
from monitor.dashboards import AUTOMATIC, Layout, columns_of, layout
from monitor.metrics import Values, brief
from monitor.models import Source
from monitor.ring import get_ring

RECENT = 300  # seconds


def snapshot(key: str) -> events.BoardSnapshot:
    source, order = laid_out(key)
    rows = get_ring().since(source.pk, int(time.time()) - RECENT)
    return events.BoardSnapshot(
        layout=order.number,
        columns=[events.Column(column.name, column.unit) for column in order.columns],
        panels=[list(panel) for panel in order.panels],
        t=[row.t for row in rows],
        v=[[at(row.values, column.position) for row in rows] for column in order.columns],
    )


def ticks_since(key: str, after: int) -> list[events.Tick]:
    source, order = laid_out(key)
    rows = get_ring().since(source.pk, after)
    return [tick(row.t, order, row.values) for row in rows]


def laid_out(key: str) -> tuple[Source, Layout]:
    source = Source.objects.get(key=key)
    return source, layout(AUTOMATIC[key], columns_of(source.pk))


def tick(t: int, order: Layout, values: Values) -> events.Tick:
    if not values:
        return events.Tick(t, order.number)
    return events.Tick(t, order.number, [at(values, column.position) for column in order.columns])


def at(values: Values, position: int) -> events.Value:
    """The shortest way to write a value: what was not measured is null, a whole number has no point."""
    if position >= len(values) or isnan(value := values[position]):
        return None
    return int(value) if value.is_integer() else brief(value)
