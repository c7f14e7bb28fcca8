"""The chart card that ``dashboards/chart_card.js`` renders, with fixed values, and the text beside it."""

import time
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from accounts.models import User
from chat import cards
from chat.message_services import post_card
from chat.protocol import Sent
from monitor.dashboards.ranges import MAX_RANGE
from monitor.metrics.models import Series
from monitor.metrics.readings import ChartValue, compact_value, format_reading, round_reading
from monitor.metrics.store import history
from myweb.errors import Refused
from myweb.formats import format_duration
from realtime.protocol import encode

POINT_COUNTS = (72, 60, 48, 36, 24, 12)  # tried until the card fits into MAX_BYTES
MAX_BYTES = 2_048
MIN_STEP = 10  # seconds: the interval of an idle collector
MAX_SERIES = 4
RECENT_END = 60  # seconds: a range with a later end is "the last hour"


class ChartColumn(msgspec.Struct):
    name: str
    unit: str
    source: str
    least: float  # minimum of all measurements, not only of the shown values
    most: float


class ChartCard(cards.Card, tag="chart"):
    """A chart that a user posted. Its values never change. Live values come from ``dashboard.<board>``."""

    title: str
    columns: list[ChartColumn]
    start: int  # seconds since 1970 of the first value
    step: int  # seconds between two values
    v: list[list[ChartValue]]  # means, one list per column; null: no data
    range: int  # requested seconds up to ``end``
    end: int
    board: str  # the dashboard with live values
    low: list[ChartValue] = []  # minimum and maximum of each step, for a single column
    high: list[ChartValue] = []
    top: float | None = None  # maximum of the scale; None: automatic
    colour: str = "blue"  # of the first column
    total: int = 0  # number of series of the panel, if more than the columns


class ChartSubject(NamedTuple):
    """The series of a chart, and their dashboard."""

    title: str
    series: tuple[Series, ...]  # with prefetched sources
    board: str
    colour: str = "blue"
    top: float | None = None

    @property
    def query_text(self) -> str:
        """The query that finds exactly this."""
        if len(self.series) == 1:
            return get_full_name(self.series[0])
        return f"{self.board} {self.title}"


def get_full_name(series: Series) -> str:
    return f"{series.source.key}.{series.name}"


class Span(NamedTuple):
    """A range in seconds since 1970."""

    start: int
    end: int


def post_chart(by: User, room_id: int, subject: ChartSubject, span: Span, client_id: UUID | None = None) -> Sent:
    """The caller has checked that ``by`` sees the series and is in the room."""
    card = build_chart_card(subject, *span)
    return post_card(by, room_id, card, build_chart_text(card), client_id)


def build_chart_card(subject: ChartSubject, start: int, end: int) -> ChartCard:
    """Uses the highest resolution that fits into a card."""
    if not 0 <= start < end <= start + MAX_RANGE:
        raise Refused("invalid", _("A chart covers at most three years."))
    for points in POINT_COUNTS:
        card = draw_chart(subject, start, end, points)
        if len(encode(card)) <= MAX_BYTES:
            return card
    raise Refused("too_long", _("The names of these series are too long for a card. Choose fewer series."))


def draw_chart(subject: ChartSubject, start: int, end: int, points: int) -> ChartCard:
    unit = subject.series[0].unit  # one unit for one scale
    series = [one_series for one_series in subject.series if one_series.unit == unit][:MAX_SERIES]
    window = history.read_history(series, start, end, min(points, max(1, (end - start) // MIN_STEP)))
    measured = [number for number, values in enumerate(window.mean) if any(value is not None for value in values)]
    if not measured:
        raise Refused("invalid", _("No data for %(title)s in that period.") % {"title": subject.title})
    is_single = len(measured) == 1
    return ChartCard(
        title=subject.title,
        columns=[build_chart_column(series[number], window.low[number], window.high[number]) for number in measured],
        start=start // window.step * window.step,
        step=window.step,
        v=[space_evenly(window, window.mean[number], start, end) for number in measured],
        range=end - start,
        end=end,
        board=subject.board,
        low=space_evenly(window, window.low[measured[0]], start, end) if is_single else [],
        high=space_evenly(window, window.high[measured[0]], start, end) if is_single else [],
        top=subject.top,
        colour=subject.colour,
        total=len(subject.series) if len(subject.series) > len(measured) else 0,
    )


def build_chart_column(series: Series, low: history.SeriesValues, high: history.SeriesValues) -> ChartColumn:
    minimum = min(value for value in low if value is not None)
    maximum = max(value for value in high if value is not None)
    return ChartColumn(series.name, series.unit, series.source.key, round_reading(minimum), round_reading(maximum))


def space_evenly(window: history.HistoryWindow, values: history.SeriesValues, start: int, end: int) -> list[ChartValue]:
    """Returns values at even steps, rounded to three significant digits."""
    first = start // window.step
    spaced: list[ChartValue] = [None] * (-(-end // window.step) - first)
    for t, value in zip(window.t, values, strict=True):
        if value is not None:
            spaced[t // window.step - first] = compact_value(float(f"{value:.3g}"))
    return spaced


def build_chart_text(card: ChartCard) -> str:
    """Returns, for example, "cpu.busy, the last hour: 3.1 % to 97 %, last 12 %"."""
    texts = [describe_values(column, values) for column, values in zip(card.columns, card.v, strict=True)]
    if len(texts) > 1:
        texts = [f"{column.name} {part}" for column, part in zip(card.columns, texts, strict=True)]
    return _("%(title)s, %(when)s: %(values)s") % {
        "title": card.title,
        "when": describe_period(card),
        "values": "; ".join(texts),
    }


def describe_values(column: ChartColumn, values: Sequence[ChartValue]) -> str:
    last = next(value for value in reversed(values) if value is not None)
    return _("%(low)s to %(high)s, last %(last)s") % {
        "low": format_reading(column.least, column.unit),
        "high": format_reading(column.most, column.unit),
        "last": format_reading(last, column.unit),
    }


def describe_period(card: ChartCard) -> str:
    if card.end < time.time() - RECENT_END:
        return _("over %(span)s") % {"span": format_duration(card.range)}  # the card shows when, in the reader's zone
    known = {3600: _("the last hour"), 86_400: _("the last day"), 31_536_000: _("the last year")}
    return known.get(card.range) or _("the last %(span)s") % {"span": format_duration(card.range)}
