"""Conditions of components, such as ``web.busy > 95`` or ``checks.shop.up < 1``."""

import operator
import re
from collections.abc import Callable, Mapping
from math import isnan
from typing import NamedTuple, Self

from django.utils.translation import gettext as _

from monitor.metrics.readings import Values

CONDITION_FORMAT = re.compile(
    r"(?P<source>[\w-]+)\.(?P<series>.*[^\s<>=!])\s*(?P<sign><=|>=|<|>|!=|=)\s*(?P<limit>-?\d+(\.\d+)?)\s*%?", re.ASCII
)
SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
UP = "up"  # of every source without a series of that name: whether it has values

Measured = Mapping[str, tuple[Mapping[str, int], Values]]  # source -> (series -> position, row)


class InvalidCondition(ValueError):
    """The text is a sentence for users."""


class Condition(NamedTuple):
    source: str
    series: str
    sign: str
    limit: float

    @classmethod
    def read(cls, text: str) -> Self:
        match = CONDITION_FORMAT.fullmatch(text.strip())
        if not match:
            raise InvalidCondition(
                _("Use the format source.series < number, such as web.up < 1 or host.cpu.busy > 95.")
            )
        return cls(match["source"], match["series"].strip(), match["sign"], float(match["limit"]))

    def holds(self, measured: Measured) -> bool | None:
        """Return None if it was not measured."""
        value = self.value(measured)
        return None if value is None else SIGNS[self.sign](value, self.limit)

    def value(self, measured: Measured) -> float | None:
        if self.source not in measured:
            return None
        positions, values = measured[self.source]
        position = positions.get(self.series)
        if position is None and self.series == UP:
            return float(bool(values))
        if position is None or position >= len(values) or isnan(values[position]):
            return None
        return values[position]
