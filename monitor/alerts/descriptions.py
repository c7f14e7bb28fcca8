"""What other apps say about the series of their source: "Database is down: connection refused"."""

from collections.abc import Callable
from typing import NamedTuple


class Description(NamedTuple):
    words: str  # the problem in a sentence without a full stop; empty: the alert describes it by its value
    link: str  # the page about it


Describe = Callable[[str, int], Description | None]  # series, and the room that reads it

describers: dict[str, Describe] = {}  # by source


def register_describer(source: str, describe: Describe) -> None:
    describers[source] = describe


def describe_series(name: str, room_id: int) -> Description | None:
    """``name``: source and series, such as "checks database.up"."""
    source, _space, series = name.partition(" ")
    return describers[source](series, room_id) if source in describers else None
