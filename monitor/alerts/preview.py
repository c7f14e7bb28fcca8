"""What a rule would have found in the values that are kept: the same steps as in the collector."""

from typing import NamedTuple

from monitor.alerts.recent import Point, Watched, past_values, thinned
from monitor.alerts.rule_state import CALM, Phase, Terms, step

MOST = 200  # series that are looked at
SPAN = 7 * 24 * 3600  # seconds, as far as values are kept
DRAWN = 300  # points


class Fired(NamedTuple):
    name: str
    began: int  # seconds since 1970
    ended: int | None  # None: it would still fire


class Preview(NamedTuple):
    series: int  # that match
    seconds: int  # that were looked at
    step: int  # seconds: what is older than the ring was judged by the values of so many
    fired: list[Fired]  # the newest first
    name: str  # of the series that is drawn: the last that fired, or the first
    points: list[Point]


def preview(terms: Terms, watched: Watched) -> Preview:
    seconds_of_step, found = past_values(terms, watched, SPAN, MOST)
    fired = [each for name in list(found)[:MOST] for each in firings(terms, name, found[name])]
    fired.sort(key=lambda each: -each.began)
    times = [t for points in found.values() for t, _value in points[:1] + points[-1:]]
    seconds = max(times) - min(times) if times else 0
    name = fired[0].name if fired else next(iter(found), "")
    return Preview(len(found), seconds, seconds_of_step, fired, name, thinned(found.get(name, []), DRAWN))


def firings(terms: Terms, name: str, points: list[tuple[int, float | None]]) -> list[Fired]:
    fired: list[Fired] = []
    standing = CALM
    for t, value in points:
        after = step(terms, standing, t, value)
        if after.phase is Phase.FIRING and standing.phase is not Phase.FIRING:
            fired.append(Fired(name, t, None))
        elif standing.phase is Phase.FIRING and after.phase is not Phase.FIRING:
            fired[-1] = fired[-1]._replace(ended=t)
        standing = after
    return fired
