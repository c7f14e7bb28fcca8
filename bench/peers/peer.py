"""What a peer is, and where the servers of peers are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.ground import Ground, Server

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Peer:
    """Another server for the same task. ``start`` gives it running, the only one of its name on this ground."""

    name: str
    dialect: str  # of bench.load.dialects
    start: Callable[[Ground], Server]
    words: Callable[[], str]

    @property
    def say(self) -> str:
        """Version and what it is, one line for tables."""
        return self.words()
