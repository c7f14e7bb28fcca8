"""Publishes the newest values of watched dashboards; runs in the collector."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from monitor.dashboards.layouts import WatchedLayouts
from monitor.dashboards.serializers import serialize_tick
from monitor.metrics.collector_job import CollectorJob
from monitor.metrics.readings import Values
from realtime.protocol import Event, encode
from realtime.publish import publish_event

if TYPE_CHECKING:
    from monitor.metrics.catalogue import Catalogue


class TickPublisher(CollectorJob):
    def __init__(self) -> None:
        self.layouts = WatchedLayouts({})

    def begin(self, catalogue: "Catalogue") -> None:
        self.layouts = WatchedLayouts(catalogue.indexes)

    def publish(self, t: int, rows: Mapping[str, Values], watched: Collection[str]) -> None:
        """Publishes one frame for each watched dashboard, encoded once for all viewers."""
        for key, layout in self.layouts.load(name.partition(".")[2] for name in watched).items():
            if not rows.keys().isdisjoint(layout.sources):
                name = f"dashboard.{key}"
                event = Event(name, 0, "tick", serialize_tick(t, layout, rows))
                publish_event(name, {"topic": name, "first": 0, "events": [encode(event).decode()], "note": {"t": t}})
