"""Components run beside the ticks in the active collector: storage, rules, checks and status."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from monitor.metrics.readings import Values
from myweb.failure_log import FailureLog

if TYPE_CHECKING:
    from monitor.metrics.catalogue import Catalogue
    from monitor.metrics.sources.source import SourceReader

failures = FailureLog(logging.getLogger(__name__))


class CollectorJob:
    """Base class of a job that runs beside the ticks.

    All methods run in the collector's main thread and must not block it. An exception is logged; the job stays.
    """

    def own_sources(self) -> "Sequence[SourceReader]":
        """Return sources that the job measures itself. The collector reads them like any other."""
        return ()

    def begin(self, catalogue: "Catalogue") -> None:
        """This collector has become the active one."""

    def publish(self, t: int, rows: Mapping[str, Values], watched: Collection[str]) -> None:
        """Called before the values are stored, since users wait for them. ``watched``: streams with viewers."""

    def tick(self, t: int, rows: Mapping[str, Values]) -> None:
        """Receive the values measured at ``t``, by source. The row of a source that is down is empty."""

    def second(self, t: int) -> None:
        """Called every second while this collector is active, measured or not."""

    def without_database(self, t: int, reason: str) -> None:
        """Called every second in place of ``second`` while the database is away. What was measured comes later."""

    def hurries(self) -> bool:
        """Whether ticks must come every second although no dashboard is viewed."""
        return False

    def end(self) -> None:
        """Another collector has become active, or this one stops."""


def run_guarded(name: str, work: Callable[[], object]) -> None:
    """``name`` says in the log what failed."""
    try:
        work()
    except Exception as error:
        failures.record_failure(name, error, exc_info=True)
    else:
        failures.record_success(name)
