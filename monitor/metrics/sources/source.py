from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from monitor.metrics.readings import Reading


class SourceReader(ABC):
    """One thing that is read each tick, in a thread of its own, never twice at the same time."""

    key: str
    interval: float = 1.0  # seconds between two readings
    left_out: Sequence[str] = ()  # names beyond the limit, of the last reading

    def take_dropped(self) -> Sequence[str]:
        """Return names that it will not read again, each once."""
        return ()

    @abstractmethod
    def read(self, at: float) -> Iterable[Reading]:
        """Read values at ``at`` (seconds, monotonic). Raises :class:`SourceDown` or :class:`OSError`."""
