"""The last values of series. The one place that knows where they are kept."""

import time
from collections.abc import Iterable
from math import isnan
from typing import NamedTuple

from django.db.models import QuerySet

from monitor.alerts.rule_state import Terms
from monitor.metrics.models import Series, Source
from monitor.metrics.name_patterns import matches_any_pattern, matches_pattern
from monitor.metrics.readings import Values
from monitor.metrics.store import history
from monitor.metrics.store.ring import LENGTH, get_ring

UP = "up"  # a series that every source has: 1 while it can be read, 0 while it is down
FINEST = 10_080  # points of a series: a week by minutes
BUDGET = 60_000  # points of all series, so that it is read in less than a second

Point = tuple[int, float | None]


class Watched(NamedTuple):
    """Patterns of a source's key and of its series, and the sources that may be seen."""

    source: str
    series: str
    sources: QuerySet[Source]


class Past(NamedTuple):
    """By ``source series``. What is older than the ring is known in steps of so many seconds."""

    step: int
    values: dict[str, list[Point]]


def recent_values(
    source_pattern: str, pattern: str, seconds: int, sources: Iterable[Source] | None = None
) -> dict[str, list[Point]]:
    """By ``source series``, as far back as the ring has them; None where a tick had no value for it.

    ``sources`` are those that may be seen; without them, all.
    """
    found: dict[str, list[Point]] = {}
    for source in Source.objects.order_by("pk") if sources is None else sources:
        if not matches_any_pattern(source.key, source_pattern):
            continue
        rows = get_ring().since(source.pk, int(time.time()) - seconds)
        if matches_pattern(UP, pattern):
            found[f"{source.key} {UP}"] = [(row.t, float(bool(row.values))) for row in rows]
        for name, position in source.series.filter(gone_at=None).order_by("position").values_list("name", "position"):
            if matches_pattern(name, pattern):
                found[f"{source.key} {name}"] = [(row.t, value_at(row.values, position)) for row in rows]
    return found


def heard(source_pattern: str, pattern: str, known: Iterable[tuple[str, str | None]]) -> bool:
    """Whether anything that is ``known`` is called so."""
    return any(
        matches_any_pattern(source, source_pattern)
        and (matches_pattern(UP, pattern) or (name is not None and matches_pattern(name, pattern)))
        for source, name in known
    )


def known_names(sources: QuerySet[Source]) -> list[tuple[str, str | None]]:
    """Of these sources, with None of those that have no series so far."""
    return list(sources.values_list("key", "series__name"))


def past_values(terms: Terms, watched: Watched, seconds: int, most: int) -> Past:
    """As :func:`recent_values` of ``most`` series, and before that what is kept. Whether a source was up is not."""
    ring = recent_values(watched.source, watched.series, LENGTH, watched.sources)
    keys = {name.partition(" ")[0] for name in ring}
    known = Series.objects.filter(source__key__in=keys).select_related("source")
    series = {f"{each.source.key} {each.name}": each for each in known}
    names = [name for name in list(ring)[:most] if name in series]
    now = int(time.time())
    points = min(FINEST, BUDGET // max(1, len(names)))
    window = history.read_history([series[name] for name in names], now - seconds, now - LENGTH, points)
    step, end = window.step, -(-(now - LENGTH) // window.step) * window.step
    for place, name in enumerate(names):
        old = [point for at in range(len(window.t)) for point in told(terms, window, place, at)]
        ring[name] = old + [point for point in ring[name] if point[0] >= end]
    return Past(step, ring)


def told(terms: Terms, window: history.HistoryWindow, place: int, at: int) -> list[Point]:
    """What a step says, of which only the lowest, the highest and the mean are known.

    The rule's condition holds throughout where it holds for the mean. A shorter peak counts at its beginning, and so
    for rules that do not wait.
    """
    t, mean = window.t[at], window.mean[place][at]
    if t % window.step:
        return []  # a gap: nobody measured
    if mean is None:
        return [(t, None)]
    if terms.holds(mean):
        return [(t, mean), (t + window.step - 1, mean)]
    peaks = [value for value in (window.low[place][at], window.high[place][at]) if terms.holds(value)]
    return [(t, peaks[0]), (t + window.step - 1, mean)] if peaks else [(t, mean)]


def value_at(values: Values, position: int | None) -> float | None:
    value = values[position] if position is not None and position < len(values) else None
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
