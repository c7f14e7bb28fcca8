"""Sends the newest values to whoever watches a dashboard; runs in the collector."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from monitor.dashboards.layouts import Orders
from monitor.dashboards.ticks import tick
from monitor.metrics.component import CollectorComponent
from monitor.metrics.readings import Values
from realtime.protocol import Event, encode
from realtime.publish import publish_event

if TYPE_CHECKING:
    from monitor.metrics.catalogue import Catalogue


class TickPublisher(CollectorComponent):
    def __init__(self) -> None:
        self.orders = Orders({})

    def begin(self, catalogue: "Catalogue") -> None:
        self.orders = Orders(catalogue.indexes)

    def publish(self, t: int, rows: Mapping[str, Values], watched: Collection[str]) -> None:
        """One frame for each dashboard that somebody watches, encoded once for everybody."""
        for key, order in self.orders.of(name.partition(".")[2] for name in watched).items():
            if not rows.keys().isdisjoint(order.sources):
                name = f"dashboard.{key}"
                event = Event(name, 0, "tick", tick(t, order, rows))
                publish_event(name, {"topic": name, "first": 0, "events": [encode(event).decode()], "note": {"t": t}})
