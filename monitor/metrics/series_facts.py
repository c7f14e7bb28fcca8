"""What other apps know about a series that fires: a sentence for people, and the page about it."""

from collections.abc import Callable
from typing import NamedTuple


class SeriesFacts(NamedTuple):
    words: str = ""  # in the language of the workspace; empty: the alert names the series and its value
    link: str = ""  # empty: the dashboard of the source


FactFinder = Callable[[str, float | None, int], SeriesFacts]  # series, its value, and the room that reads the facts
finders: dict[str, FactFinder] = {}  # by the key of a source


def find_series_facts(name: str, value: float | None, room_id: int) -> SeriesFacts:
    """``name`` is "source series"."""
    source, _space, series = name.partition(" ")
    finder = finders.get(source)
    return finder(series, value, room_id) if finder else SeriesFacts()
