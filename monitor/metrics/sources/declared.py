"""Sources that people declare while the collector runs. Each lives as long as its declaration stays the same."""

from collections.abc import Callable, Hashable, Iterator
from functools import partial

from monitor.metrics import models
from monitor.metrics.ingest.schedule import State
from monitor.metrics.sources.heartbeats import Beats
from monitor.metrics.sources.pushed import Pushed
from monitor.metrics.sources.scraped import Scraped
from monitor.metrics.sources.source import Source

Declaration = tuple[Hashable, Callable[[], Source]]


class Declared:
    def __init__(self) -> None:
        self.known: dict[Hashable, Source] = {}

    def look(self) -> list[Source]:
        """All that is declared now. May raise a database's error."""
        known = self.known
        self.known = {what: known[what] if what in known else make() for what, make in self.declarations()}
        return list(self.known.values())

    def declarations(self) -> Iterator[Declaration]:
        yield from pushed()
        yield from scraped()
        if models.Beat.objects.exclude(state__in=[State.NEW, State.PAUSED]).exists():
            yield "beats", Beats


def pushed() -> Iterator[Declaration]:
    found = models.Pushed.objects.filter(revoked_at=None).order_by("pk")
    for number, key, every in found.values_list("pk", "source__key", "every"):
        yield ("pushed", number, every), partial(Pushed, key, number, every)


def scraped() -> Iterator[Declaration]:
    for each in models.Scraped.objects.filter(paused=False).select_related("source").order_by("pk"):
        yield ("scraped", each.pk, each.changed_at), partial(Scraped, each)
