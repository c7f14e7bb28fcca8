"""How a source stands, by its newest row: what the pages say of it."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isnan
from typing import NamedTuple

import redis
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from monitor.metrics.models import Series, Source
from monitor.metrics.readings import Values, value_at
from monitor.metrics.series_state import LONGEST_STEP, Heard, SeriesState, active_seconds, series_state
from monitor.metrics.store.ring import Row, get_ring
from myweb.formats import format_value

SHOWN = 1_000  # series on a page
FRESH = 25  # seconds: while nobody watches there is a row every ten
WORDS: dict[str, Promise] = {
    "new": _("New"),
    "live": _("Live"),
    "stale": _("Stale"),
    "gone": _("Gone"),
    "down": _("Down"),
    "silent": _("Not collected"),
    "paused": _("Paused"),
    "revoked": _("Revoked"),
}


@dataclass
class Standing:
    state: str  # a key of WORDS
    last: datetime | None  # when it was measured last, as far as was looked
    values: Values | None = None
    seen: dict[int | None, float] = field(default_factory=dict)  # position -> when it had a value last

    @property
    def word(self) -> Promise:
        return WORDS[self.state]


def standing(source: Source, back: int = FRESH) -> Standing:
    """``back``: of how many seconds the newest values are looked for, up to the length of the ring."""
    try:
        rows = get_ring().since(source.pk, int(time.time()) - back)
    except redis.RedisError:
        rows = []
    measured = [row for row in rows if row.values]
    last = datetime.fromtimestamp(measured[-1].t, UTC) if measured else None
    values = measured[-1].values if measured else None
    return Standing(decided(source) or state(rows), last, values, seen_in(measured))


def seen_in(rows: Iterable[Row]) -> dict[int | None, float]:
    seen: dict[int | None, float] = {}
    for row in rows:
        seen.update((place, float(row.t)) for place, value in enumerate(row.values) if not isnan(value))
    return seen


def decided(source: Source) -> str:
    """What was decided about it, or that nothing can be there yet."""
    if hasattr(source, "pushed"):
        return "revoked" if source.pushed.revoked_at else "" if source.pushed.seen_at else "new"
    return "paused" if hasattr(source, "scraped") and source.scraped.paused else ""


def state(rows: Iterable[Row]) -> str:
    newest = list(rows)[-1:]
    if not newest or newest[0].t < time.time() - FRESH:
        return "silent"
    return "live" if newest[0].values else "down"


class Shown(NamedTuple):
    """A series on the page of its source."""

    name: str
    value: str
    state: str
    word: Promise
    since: datetime | None  # when it was read last, if it is not live


def newest_values(source: Source, found: Standing) -> list[Shown]:
    """Each series, and what it was last; those that are gone stand behind."""
    series = Series.objects.filter(source=source).order_by("gone_at", "name")
    return [
        shown(row, source, found) for row in sorted(series, key=lambda row: (row.gone_at is not None, row.name))[:SHOWN]
    ]


def shown(series: Series, source: Source, found: Standing) -> Shown:
    seen = max(series.seen_at.timestamp(), found.seen.get(series.position, 0.0) if series.gone_at is None else 0.0)
    read_until = found.last.timestamp() if found.last else seen
    heard = Heard(seen, read_until - seen, gone=series.gone_at is not None)
    state = series_state(heard, time.time(), interval=interval_of(source), active=active_seconds())
    live = state is SeriesState.LIVE
    value = value_at(found.values, series.position) if found.values and live else None
    since = None if live else datetime.fromtimestamp(seen, UTC)
    return Shown(
        series.name, format_value(value, series.unit) if value is not None else "–", state, WORDS[state], since
    )


def interval_of(source: Source) -> float:
    if hasattr(source, "pushed"):
        return source.pushed.every
    return source.scraped.interval if hasattr(source, "scraped") else LONGEST_STEP
