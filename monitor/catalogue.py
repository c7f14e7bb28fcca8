"""Which series a source has, and at which position of its row of values each stands."""

from array import array
from collections.abc import Iterable
from math import nan

from django.db import IntegrityError, transaction

from monitor.metrics import SERIES_LIMIT, Reading, Values, brief
from monitor.models import Series, Source


class Sheet:
    """The series of one source. Positions are given once, in the order of arrival."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.positions: dict[str, int] = dict(source.series.values_list("name", "position"))
        self.refused = 0  # readings of the last row that were beyond the limit

    def row(self, readings: Iterable[Reading]) -> Values:
        """The values by position; what was not read is not a number."""
        found = list(readings)
        self.add([each for each in found if each.name not in self.positions])
        values = array("d", [nan]) * len(self.positions)
        for name, value, _unit in found:
            position = self.positions.get(name)
            if position is not None:
                values[position] = brief(value)
        return values

    def add(self, unknown: list[Reading]) -> None:
        fresh = list({each.name: each for each in unknown}.values())
        room = SERIES_LIMIT - len(self.positions)
        self.refused = max(0, len(fresh) - room)
        made = [
            Series(source=self.source, name=each.name, unit=each.unit, position=position)
            for position, each in enumerate(fresh[:room], len(self.positions))
        ]
        try:
            with transaction.atomic():
                Series.objects.bulk_create(made)
        except IntegrityError:  # another collector was here: what it gave counts, and the next tick goes on from there
            self.positions = dict(self.source.series.values_list("name", "position"))
            return
        self.positions |= {each.name: each.position for each in made}


class Catalogue:
    def __init__(self) -> None:
        self.sheets: dict[str, Sheet] = {}

    def sheet(self, key: str) -> Sheet:
        if key not in self.sheets:
            self.sheets[key] = Sheet(Source.objects.get_or_create(key=key)[0])
        return self.sheets[key]
