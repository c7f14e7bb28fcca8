"""Previews a rule: evaluates it on stored values in the same steps as the collector."""

from typing import NamedTuple

from monitor.alerts.evaluation import OK_STATE, Phase, RuleConfig, evaluate_value
from monitor.alerts.recent import Point, SeriesSelector, past_values, thin_points

MAX_SERIES = 200  # evaluated series
PREVIEW_SECONDS = 7 * 24 * 3600  # seconds of history
CHART_POINTS = 300


class Fired(NamedTuple):
    name: str
    began: int  # seconds since 1970
    ended: int | None  # None: it would still fire


class Preview(NamedTuple):
    series: int  # matching series
    seconds: int  # evaluated seconds
    step: int  # seconds between values that are older than the ring buffer
    fired: list[Fired]  # newest first
    name: str  # the charted series: the last that fired, or the first
    points: list[Point]
    nearest: list[tuple[str, float]]  # the series nearest to firing, with their last values


MAX_NEAREST = 5


def find_nearest(config: RuleConfig, values_by_name: dict[str, list[Point]]) -> list[tuple[str, float]]:
    """Returns the series whose last value is nearest to the threshold, those that meet the condition first."""
    last = {name: value for name, points in values_by_name.items() for _t, value in points[-60:] if value is not None}

    def distance(item: tuple[str, float]) -> tuple[bool, float]:
        return not config.is_met(item[1]), abs(item[1] - config.threshold)

    return sorted(last.items(), key=distance)[:MAX_NEAREST]


def preview_rule(config: RuleConfig, selector: SeriesSelector) -> Preview:
    seconds_of_step, values_by_name = past_values(config, selector, PREVIEW_SECONDS, MAX_SERIES)
    fired = [
        firing
        for name in list(values_by_name)[:MAX_SERIES]
        for firing in find_firings(config, name, values_by_name[name])
    ]
    fired.sort(key=lambda firing: -firing.began)
    times = [t for points in values_by_name.values() for t, _value in points[:1] + points[-1:]]
    seconds = max(times) - min(times) if times else 0
    name = fired[0].name if fired else next(iter(values_by_name), "")
    return Preview(
        len(values_by_name),
        seconds,
        seconds_of_step,
        fired,
        name,
        thin_points(values_by_name.get(name, []), CHART_POINTS),
        find_nearest(config, values_by_name),
    )


def find_firings(config: RuleConfig, name: str, points: list[tuple[int, float | None]]) -> list[Fired]:
    fired: list[Fired] = []
    state = OK_STATE
    for t, value in points:
        after = evaluate_value(config, state, t, value)
        if after.phase is Phase.FIRING and state.phase is not Phase.FIRING:
            fired.append(Fired(name, t, None))
        elif state.phase is Phase.FIRING and after.phase is not Phase.FIRING:
            fired[-1] = fired[-1]._replace(ended=t)
        state = after
    return fired
