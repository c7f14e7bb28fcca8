"""Sources with series, and specs of dashboards that show them."""

import threading
from array import array
from collections.abc import Iterable

from chat.models import Room
from monitor.dashboards.spec import PanelSpec, Spec
from monitor.metrics.models import Series, Source
from monitor.metrics.readings import Reading
from monitor.metrics.sources.source import SourceReader as Readable
from monitor.metrics.store.ring import get_ring


class Given(Readable):
    """A source that gives what it was told to give."""

    def __init__(self, key: str, *readings: Reading) -> None:
        self.key = key
        self.readings = readings
        self.trouble: Exception | None = None
        self.going = threading.Event()
        self.going.set()

    def read(self, at: float) -> Iterable[Reading]:
        self.going.wait(20)
        if self.trouble:
            raise self.trouble
        return self.readings


def make_source(key: str, *names: str, room: Room | None = None) -> Source:
    source = Source.objects.create(key=key, room=room)
    Series.objects.bulk_create(
        [Series(source=source, name=name, position=position) for position, name in enumerate(names)]
    )
    return source


def measure(source: Source, t: int, *values: float) -> None:
    get_ring().append(t, {source.pk: array("d", values)})


def make_spec(title: str = "Overview", *series: str) -> Spec:
    """A panel for each series or pattern."""
    return Spec(title, [PanelSpec(each.title(), [each]) for each in series or ("host.cpu.busy", "redis.memory")])
