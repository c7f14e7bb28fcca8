"""The small charts in the list of alerts."""

from typing import NamedTuple

from monitor.alerts.cards import Picture

WIDTH, HEIGHT = 120, 24  # units of the viewBox


class Sparkline(NamedTuple):
    points: str  # of a polyline; missing values are skipped
    limit: str  # the height of the threshold; empty: there is none


def build_sparkline(picture: Picture) -> Sparkline | None:
    """Returns None if there is too little to see."""
    known = [(t, value) for t, value in zip(picture.t, picture.v, strict=False) if value is not None]
    if len(known) < 2:
        return None
    levels = [value for _t, value in known] + ([] if picture.threshold is None else [picture.threshold])
    low, high = min(0.0, *levels), max(levels)
    begin, seconds = known[0][0], max(1, known[-1][0] - known[0][0])

    def scale(value: float) -> str:
        return f"{HEIGHT - 1 - (value - low) / ((high - low) or 1) * (HEIGHT - 2):.1f}"

    points = " ".join(f"{(t - begin) / seconds * WIDTH:.1f},{scale(value)}" for t, value in known)
    return Sparkline(points, "" if picture.threshold is None else scale(picture.threshold))
