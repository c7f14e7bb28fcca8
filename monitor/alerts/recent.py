"""Recent and stored values of series."""

import time
from collections.abc import Iterable
from math import isnan
from typing import NamedTuple

from django.db.models import QuerySet

from monitor.alerts.evaluation import RuleConfig
from monitor.metrics.models import Series, Source
from monitor.metrics.name_patterns import matches_any_pattern, matches_pattern
from monitor.metrics.readings import Values
from monitor.metrics.store import history
from monitor.metrics.store.ring import RING_SECONDS, get_ring

UP = "up"  # every source has this series: 1 while it can be read, else 0
MAX_POINTS = 10_080  # points of a series: a week by minutes
MAX_POINTS_OF_ALL = 60_000  # points of all series, so that reading takes less than a second

Point = tuple[int, float | None]


class SeriesSelector(NamedTuple):
    """Patterns for the source and the series, and the visible sources."""

    source: str
    series: str
    sources: QuerySet[Source]


class PastValues(NamedTuple):
    """Values by ``source series``. Values older than the ring buffer have the resolution ``step``."""

    step: int
    values: dict[str, list[Point]]


def recent_values(
    source_pattern: str, pattern: str, seconds: int, sources: Iterable[Source] | None = None
) -> dict[str, list[Point]]:
    """Returns values by ``source series`` from the ring buffer. A tick without a value is None.

    ``sources`` are the visible ones; None means all.
    """
    values_by_name: dict[str, list[Point]] = {}
    for source in Source.objects.order_by("pk") if sources is None else sources:
        if not matches_any_pattern(source.key, source_pattern):
            continue
        rows = get_ring().since(source.pk, int(time.time()) - seconds)
        if matches_pattern(UP, pattern):
            values_by_name[f"{source.key} {UP}"] = [(row.t, float(bool(row.values))) for row in rows]
        for name, position in source.series.filter(gone_at=None).order_by("position").values_list("name", "position"):
            if matches_pattern(name, pattern):
                values_by_name[f"{source.key} {name}"] = [
                    (row.t, get_known_value(row.values, position)) for row in rows
                ]
    return values_by_name


def matches_known_series(source_pattern: str, pattern: str, known: Iterable[tuple[str, str | None]]) -> bool:
    """Tells whether one of the ``known`` series matches the patterns."""
    return any(
        matches_any_pattern(source, source_pattern)
        and (matches_pattern(UP, pattern) or (name is not None and matches_pattern(name, pattern)))
        for source, name in known
    )


def known_names(sources: QuerySet[Source]) -> list[tuple[str, str | None]]:
    """Returns pairs of source and series. The series is None for a source without series."""
    return list(sources.values_list("key", "series__name"))


def past_values(config: RuleConfig, selector: SeriesSelector, seconds: int, max_series: int) -> PastValues:
    """Returns :func:`recent_values` for ``most`` series, preceded by stored values. They do not include ``up``."""
    ring = recent_values(selector.source, selector.series, RING_SECONDS, selector.sources)
    keys = {name.partition(" ")[0] for name in ring}
    known = Series.objects.filter(source__key__in=keys).select_related("source")
    series = {f"{one_series.source.key} {one_series.name}": one_series for one_series in known}
    names = [name for name in list(ring)[:max_series] if name in series]
    now = int(time.time())
    points = min(MAX_POINTS, MAX_POINTS_OF_ALL // max(1, len(names)))
    window = history.read_history([series[name] for name in names], now - seconds, now - RING_SECONDS, points)
    step, end = window.step, -(-(now - RING_SECONDS) // window.step) * window.step
    for column, name in enumerate(names):
        old = [point for at in range(len(window.t)) for point in find_points_of_step(config, window, column, at)]
        ring[name] = old + [point for point in ring[name] if point[0] >= end]
    return PastValues(step, ring)


def find_points_of_step(config: RuleConfig, window: history.HistoryWindow, column: int, index: int) -> list[Point]:
    """Converts one stored step, of which only the minimum, maximum and mean are known.

    If the mean meets the condition, the whole step does. A shorter peak counts only at the start of the step, so it is
    seen by rules without a waiting time.
    """
    t, mean = window.t[index], window.mean[column][index]
    if t % window.step:
        return []  # a gap: nothing was measured
    if mean is None:
        return [(t, None)]
    if config.is_met(mean):
        return [(t, mean), (t + window.step - 1, mean)]
    peaks = [value for value in (window.low[column][index], window.high[column][index]) if config.is_met(value)]
    return [(t, peaks[0]), (t + window.step - 1, mean)] if peaks else [(t, mean)]


def get_known_value(values: Values, position: int | None) -> float | None:
    value = values[position] if position is not None and position < len(values) else None
    return None if value is None or isnan(value) else value


def thin_points(points: list[Point], max_points: int) -> list[Point]:
    """Reduces the points to ``most``. It keeps peaks: of each stretch the value farthest from its first one."""
    if len(points) <= max_points:
        return points
    size = len(points) / max_points
    stretches = [points[int(number * size) : int((number + 1) * size)] for number in range(max_points)]
    return [find_peak(stretch) for stretch in stretches if stretch]


def find_peak(points: list[Point]) -> Point:
    known = [point for point in points if point[1] is not None]
    if not known:
        return points[0]
    first = known[0][1] or 0.0
    return max(known, key=lambda point: abs((point[1] or 0.0) - first))
