from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from monitor.metrics import Reading


class Source(ABC):
    """One thing that is read each tick, in a thread of its own; never twice at the same time."""

    key: ClassVar[str]

    @abstractmethod
    def read(self, at: float) -> Iterable[Reading]:
        """What it is at this moment (seconds, monotonic). Raises :class:`~monitor.metrics.Down` or :class:`OSError`."""
