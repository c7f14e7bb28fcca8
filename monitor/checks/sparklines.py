"""Sparklines of the response times of the last 15 minutes."""

import time
from collections.abc import Iterable
from math import isnan

from monitor.metrics.models import Series, Source
from monitor.metrics.readings import Values
from monitor.metrics.store.ring import RING_SECONDS, get_ring

WIDTH, HEIGHT, STEPS = 120, 24, 60


def build_sparklines(slugs: Iterable[str]) -> dict[str, str]:
    """Returns the ``points`` of a polyline for each check with values. Missing values are skipped."""
    lines = {slug: format_points(worst) for slug, worst in load_worst_times(slugs).items()}
    return {slug: points for slug, points in lines.items() if points}


def load_worst_times(slugs: Iterable[str]) -> dict[str, dict[int, float]]:
    slugs_by_series = {f"{slug}.time": slug for slug in slugs}
    source = Source.objects.filter(key="checks").first()
    if source is None:
        return {}
    positions = dict(
        Series.objects.filter(source=source, name__in=slugs_by_series, gone_at=None).values_list("name", "position")
    )
    now = int(time.time())
    rows = [
        ((row.t - now + RING_SECONDS) * STEPS // RING_SECONDS, row.values)
        for row in get_ring().since(source.pk, now - RING_SECONDS)
    ]
    return {slugs_by_series[name]: group_by_step(rows, position) for name, position in positions.items()}


def group_by_step(rows: list[tuple[int, Values]], position: int | None) -> dict[int, float]:
    """Returns the maximum of each step."""
    worst: dict[int, float] = {}
    for step, values in rows:
        if position is not None and position < len(values) and not isnan(value := values[position]):
            worst[step] = max(worst.get(step, 0.0), value)
    return worst


def format_points(worst: dict[int, float]) -> str:
    top = max(worst.values(), default=0.0)
    if len(worst) < 2 or top <= 0:
        return ""
    return " ".join(
        f"{step * WIDTH / STEPS:.0f},{HEIGHT - 2 - value / top * (HEIGHT - 4):.1f}"
        for step, value in sorted(worst.items())
    )
