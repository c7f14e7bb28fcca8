"""What works beside the ticks in the collector that holds the lease: the store, the rules, the checks."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from monitor.metrics.readings import Values

if TYPE_CHECKING:
    from monitor.metrics.catalogue import Catalogue


class Companion:
    """All methods run in the collector's own thread and must not hold it up; one that raises is logged and goes on."""

    def begin(self, catalogue: "Catalogue") -> None:
        """This collector measures from now on."""

    def tick(self, t: int, rows: Mapping[str, Values]) -> None:
        """What was measured at ``t``, by source; an empty row where the source was down."""

    def second(self, t: int) -> None:
        """Every second while this collector leads, measured or not."""

    def hurries(self) -> bool:
        """Whether ticks should come every second though nobody watches."""
        return False

    def end(self) -> None:
        """Another collector measures, or this one ends."""


def guarded(work: Callable[[], object], complain: Callable[..., None]) -> None:
    try:
        work()
    except Exception:
        complain("A component of the collector failed", exc_info=True)
