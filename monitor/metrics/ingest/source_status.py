"""The status of a source, from its newest row, for the pages."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from math import isnan
from typing import NamedTuple

import redis
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from monitor.metrics.models import Series, Source
from monitor.metrics.readings import Values, get_value_at
from monitor.metrics.series_state import LONGEST_STEP, SeriesActivity, SeriesState, get_active_seconds, get_series_state
from monitor.metrics.store.ring import RingRow, get_ring
from myweb.formats import format_value
from myweb.times import to_datetime

SERIES_SHOWN = 1_000  # series on a page
MAX_ROW_AGE = 25  # seconds: there is a row every ten while no dashboard is viewed
STATE_LABELS: dict[str, Promise] = {
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
class SourceStatus:
    state: str  # a key of STATE_LABELS
    last: datetime | None  # last measurement within the range that was read
    values: Values | None = None
    seen: dict[int | None, float] = field(default_factory=dict)  # position -> time of its last value

    @property
    def label(self) -> Promise:
        return STATE_LABELS[self.state]


def get_source_status(source: Source, seconds_back: int = MAX_ROW_AGE) -> SourceStatus:
    """``seconds_back``: seconds to look back for values, up to the length of the ring."""
    try:
        rows = get_ring().since(source.pk, int(time.time()) - seconds_back)
    except redis.RedisError:
        rows = []
    measured = [row for row in rows if row.values]
    last = to_datetime(measured[-1].t) if measured else None
    values = measured[-1].values if measured else None
    return SourceStatus(get_declared_state(source) or get_collected_state(rows), last, values, get_seen_times(measured))


def get_seen_times(rows: Iterable[RingRow]) -> dict[int | None, float]:
    seen_at: dict[int | None, float] = {}
    for row in rows:
        seen_at.update((position, float(row.t)) for position, value in enumerate(row.values) if not isnan(value))
    return seen_at


def get_declared_state(source: Source) -> str:
    """Return the state that a user has set, or "new" if there can't be values yet."""
    if hasattr(source, "pushed"):
        return "revoked" if source.pushed.revoked_at else "" if source.pushed.seen_at else "new"
    return "paused" if hasattr(source, "scraped") and source.scraped.paused else ""


def get_collected_state(rows: Iterable[RingRow]) -> str:
    newest = list(rows)[-1:]
    if not newest or newest[0].t < time.time() - MAX_ROW_AGE:
        return "silent"
    return "live" if newest[0].values else "down"


class SeriesLine(NamedTuple):
    """A series on the page of its source."""

    name: str
    value: str
    state: str
    label: Promise
    since: datetime | None  # time of the last reading, if it is not live


def list_series_lines(source: Source, status: SourceStatus) -> list[SeriesLine]:
    """Return each series with its last value; series that are gone come last."""
    series = Series.objects.filter(source=source).order_by("gone_at", "name")
    return [
        build_series_line(row, source, status)
        for row in sorted(series, key=lambda row: (row.gone_at is not None, row.name))[:SERIES_SHOWN]
    ]


def build_series_line(series: Series, source: Source, status: SourceStatus) -> SeriesLine:
    seen_at = max(series.seen_at.timestamp(), status.seen.get(series.position, 0.0) if series.gone_at is None else 0.0)
    read_until = status.last.timestamp() if status.last else seen_at
    activity = SeriesActivity(seen_at, read_until - seen_at, gone=series.gone_at is not None)
    state = get_series_state(activity, time.time(), interval=get_source_interval(source), active=get_active_seconds())
    live = state is SeriesState.LIVE
    value = get_value_at(status.values, series.position) if status.values and live else None
    since = None if live else to_datetime(seen_at)
    return SeriesLine(
        series.name, format_value(value, series.unit) if value is not None else "–", state, STATE_LABELS[state], since
    )


def get_source_interval(source: Source) -> float:
    if hasattr(source, "pushed"):
        return source.pushed.every
    return source.scraped.interval if hasattr(source, "scraped") else LONGEST_STEP
