"""The base class of peers, and the folder of their servers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.testbed import Server, Testbed

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Peer:
    """Another server for the same task. ``start`` returns it running, the only one with its name."""

    name: str
    dialect: str  # of bench.load.dialects
    start: Callable[[Testbed], Server]
    words: Callable[[], str]

    @property
    def say(self) -> str:
        """Version and description in one line, for tables."""
        return self.words()
