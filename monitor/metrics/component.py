"""What works beside the ticks in the collector that holds the lease: the store, the rules, the checks."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from monitor.metrics.readings import Values

if TYPE_CHECKING:
    from monitor.metrics.catalogue import Catalogue
    from monitor.metrics.sources.source import SourceReader


class CollectorComponent:
    """Works beside the ticks.

    All methods run in the collector's own thread and must not hold it up; one that raises is logged and goes on.
    """

    def own_sources(self) -> "Sequence[SourceReader]":
        """What it measures itself, read as any other source."""
        return ()

    def begin(self, catalogue: "Catalogue") -> None:
        """This collector measures from now on."""

    def publish(self, t: int, rows: Mapping[str, Values], watched: Collection[str]) -> None:
        """As ``tick``, before the values are stored: people wait for it. ``watched``: streams that sockets follow."""

    def tick(self, t: int, rows: Mapping[str, Values]) -> None:
        """What was measured at ``t``, by source; an empty row where the source was down."""

    def second(self, t: int) -> None:
        """Every second while this collector leads, measured or not."""

    def hurries(self) -> bool:
        """Whether ticks should come every second though nobody watches."""
        return False

    def end(self) -> None:
        """Another collector measures, or this one ends."""


def run_guarded(work: Callable[[], object], complain: Callable[..., None]) -> None:
    try:
        work()
    except Exception:
        complain("A component of the collector failed", exc_info=True)
