"""The last values of series. The one place that knows where they are kept."""

import time
from math import isnan

from monitor.alerts.patterns import fits, fits_any
from monitor.metrics import Values
from monitor.models import Source
from monitor.ring import get_ring

UP = "up"  # a series that every source has: 1 while it can be read, 0 while it is down

Point = tuple[int, float | None]


def recent_values(source_pattern: str, pattern: str, seconds: int) -> dict[str, list[Point]]:
    """By ``source series``, as far back as they are kept; None where a tick had no value for it."""
    found: dict[str, list[Point]] = {}
    for source in Source.objects.order_by("pk"):
        if not fits_any(source.key, source_pattern):
            continue
        rows = get_ring().since(source.pk, int(time.time()) - seconds)
        if fits(UP, pattern):
            found[f"{source.key} {UP}"] = [(row.t, float(bool(row.values))) for row in rows]
        for name, position in source.series.order_by("position").values_list("name", "position"):
            if fits(name, pattern):
                found[f"{source.key} {name}"] = [(row.t, value_at(row.values, position)) for row in rows]
    return found


def value_at(values: Values, position: int) -> float | None:
    value = values[position] if position < len(values) else None
    return None if value is None or isnan(value) else value


def thinned(points: list[Point], most: int) -> list[Point]:
    """At most so many, of each stretch the value that lies farthest from its beginning: peaks stay."""
    if len(points) <= most:
        return points
    size = len(points) / most
    stretches = [points[int(number * size) : int((number + 1) * size)] for number in range(most)]
    return [peak(each) for each in stretches if each]


def peak(points: list[Point]) -> Point:
    known = [each for each in points if each[1] is not None]
    if not known:
        return points[0]
    first = known[0][1] or 0.0
    return max(known, key=lambda each: abs((each[1] or 0.0) - first))
