"""Readings, and how counters become rates."""

from array import array
from collections.abc import Collection
from math import isnan
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext as _

from myweb.formats import format_value

if TYPE_CHECKING:
    Values = array[float]
else:
    Values = array  # before Python 3.12 it takes no parameter

ChartValue = float | int | None  # null where nothing was measured


class Unit:
    PERCENT = "%"
    BYTES = "B"
    BYTES_PER_SECOND = "B/s"
    PER_SECOND = "/s"
    SECONDS = "s"
    NUMBER = ""


class Reading(NamedTuple):
    name: str  # dotted and constant: "cpu.busy"
    value: float
    unit: str = Unit.NUMBER


class SourceDown(Exception):
    """A source can't be read now. The text is one sentence for users."""


class Rates:
    """The increase of counters per second. None for the first total of a name, and after a reset."""

    def __init__(self) -> None:
        self.last: dict[str, tuple[float, float]] = {}

    def of(self, name: str, total: float, at: float) -> float | None:
        before = self.last.get(name)
        self.last[name] = (total, at)
        if before is None or total < before[0] or at <= before[1]:
            return None
        return (total - before[0]) / (at - before[1])

    def keep(self, names: Collection[str]) -> None:
        """Forget names that are no longer read."""
        for name in self.last.keys() - set(names):
            del self.last[name]

    def reading(self, name: str, total: float, at: float, unit: str = Unit.PER_SECOND) -> list[Reading]:
        rate = self.of(name, total, at)
        return [] if rate is None else [Reading(name, rate, unit)]


def round_reading(value: float) -> float:
    """Round to five significant digits, which a chart shows and which compress well."""
    return float(f"{value:.5g}")


def compact_value(value: float | None) -> ChartValue:
    """Return the shortest JSON form of a value: null if it is missing, and integers without a point."""
    if value is None:
        return None
    return int(value) if value.is_integer() else round_reading(value)


def get_value_at(values: Values, position: int | None) -> ChartValue:
    missing = position is None or position >= len(values) or isnan(values[position])
    return None if missing else compact_value(values[position or 0])


def format_reading(value: float | None, unit: str) -> str:
    return _("no value") if value is None else format_value(value, unit)
