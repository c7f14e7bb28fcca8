from abc import ABC, abstractmethod
from collections.abc import Iterable

from monitor.metrics import Reading


class Source(ABC):
    """One thing that is read each tick, in a thread of its own; never twice at the same time."""

    key: str

    @abstractmethod
    def read(self, at: float) -> Iterable[Reading]:
        """What it is at this moment (seconds, monotonic). Raises :class:`~monitor.metrics.Down` or :class:`OSError`."""
