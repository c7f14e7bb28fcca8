"""Sources with series, and specs of dashboards that show them."""

from array import array

from chat.models import Room
from monitor.models import Series, Source
from monitor.spec import PanelSpec, Spec
from monitor.store.ring import get_ring


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
