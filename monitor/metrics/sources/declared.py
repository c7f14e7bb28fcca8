"""Sources that users declare while the collector runs. A reader lives as long as its declaration is unchanged."""

from collections.abc import Callable, Hashable, Iterator
from functools import partial

from django.conf import settings

from monitor.metrics import backup_state, models
from monitor.metrics.ingest.heartbeat_schedule import BeatState
from monitor.metrics.sources.backups import BackupsReader
from monitor.metrics.sources.heartbeats import HeartbeatsReader
from monitor.metrics.sources.pushed import PushedReader
from monitor.metrics.sources.scraped import ScrapedReader
from monitor.metrics.sources.source import SourceReader

Declaration = tuple[Hashable, Callable[[], SourceReader]]


class DeclaredReaders:
    def __init__(self) -> None:
        self.readers: dict[Hashable, SourceReader] = {}

    def load(self) -> list[SourceReader]:
        """Return the readers of all declared sources. May raise a database error."""
        known = self.readers
        self.readers = {
            declaration: known[declaration] if declaration in known else create_reader()
            for declaration, create_reader in self.list_declarations()
        }
        return list(self.readers.values())

    def list_declarations(self) -> Iterator[Declaration]:
        yield from list_pushed()
        yield from list_scraped()
        if models.Beat.objects.exclude(state__in=[BeatState.NEW, BeatState.PAUSED]).exists():
            yield "beats", HeartbeatsReader
        if settings.BACKUPS or models.Note.objects.filter(name=backup_state.NAME).exists():
            yield "backups", BackupsReader


def list_pushed() -> Iterator[Declaration]:
    rows = models.Pushed.objects.filter(revoked_at=None).order_by("pk")
    for number, key, every in rows.values_list("pk", "source__key", "every"):
        yield ("pushed", number, every), partial(PushedReader, key, number, every)


def list_scraped() -> Iterator[Declaration]:
    for scraped in models.Scraped.objects.filter(paused=False).select_related("source").order_by("pk"):
        yield ("scraped", scraped.pk, scraped.changed_at), partial(ScrapedReader, scraped)
