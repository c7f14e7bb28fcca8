"""The card of a chart: values frozen when it was posted (``dashboards/chart-card.js``), and the sentence beside it."""

import time
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from accounts.models import User
from chat import cards
from chat.messages import post_card
from chat.protocol import Sent
from monitor.metrics.models import Series
from monitor.metrics.readings import ChartValue, compact_value, format_reading, round_reading
from monitor.metrics.store import history
from myweb.errors import Refused
from myweb.formats import format_duration
from myweb.timestamps import format_clock
from realtime.protocol import encode

POINTS = (72, 60, 48, 36, 24, 12)  # as many as fit into BYTES
BYTES = 2_048
FINEST = 10  # seconds: an idle collector measures no oftener
SERIES = 4
LONGEST = 3 * 366 * 86_400
NOW = 60  # seconds: what ended less long ago is "the last hour"


class ChartColumn(msgspec.Struct):
    name: str
    unit: str
    source: str
    least: float  # of all that was measured, also between the values
    most: float


class ChartCard(cards.Card, tag="chart"):
    """A chart that somebody posted. Its values never change; the page can follow ``dashboard.<board>`` beside them."""

    title: str
    columns: list[ChartColumn]
    start: int  # seconds since 1970, of the first values
    step: int  # seconds from each value to the next
    v: list[list[ChartValue]]  # the means, a list for each column; null where nothing was measured
    range: int  # seconds that were asked for, up to ``end``
    end: int
    board: str  # the dashboard where it goes on
    low: list[ChartValue] = []  # the lowest and the highest of each step, where there is one column
    high: list[ChartValue] = []
    top: float | None = None  # where the scale ends; else it follows the values
    colour: str = "blue"  # of the first column
    total: int = 0  # how many series the panel has, if more than the columns


class Found(NamedTuple):
    """What a chart is to show."""

    title: str
    series: tuple[Series, ...]  # with their sources
    board: str
    colour: str = "blue"
    top: float | None = None

    @property
    def spelled(self) -> str:
        """What finds it, and nothing else."""
        if len(self.series) == 1:
            return full(self.series[0])
        return f"{self.board} {self.title}"


def full(series: Series) -> str:
    return f"{series.source.key}.{series.name}"


class Span(NamedTuple):
    """Seconds since 1970."""

    start: int
    end: int


def post(by: User, room_id: int, found: Found, span: Span, client_id: UUID | None = None) -> Sent:
    """``by`` may see what was found and is in the room."""
    card = card_of(found, *span)
    return post_card(by, room_id, card, text_of(card), client_id)


def card_of(found: Found, start: int, end: int) -> ChartCard:
    """As finely as fits into a card."""
    if not 0 <= start < end <= start + LONGEST:
        raise Refused("invalid", _("A chart covers at most three years."))
    for points in POINTS:
        card = drawn(found, start, end, points)
        if len(encode(card)) <= BYTES:
            return card
    raise Refused("too_long", _("The names of these series are too long for a card. Choose fewer series."))


def drawn(found: Found, start: int, end: int, points: int) -> ChartCard:
    series = [each for each in found.series if each.unit == found.series[0].unit][:SERIES]  # one scale, one unit
    window = history.read_history(series, start, end, min(points, max(1, (end - start) // FINEST)))
    kept = [number for number, values in enumerate(window.mean) if any(value is not None for value in values)]
    if not kept:
        raise Refused("invalid", _("No data for %(title)s in that period.") % {"title": found.title})
    alone = len(kept) == 1
    return ChartCard(
        title=found.title,
        columns=[column(series[number], window.low[number], window.high[number]) for number in kept],
        start=start // window.step * window.step,
        step=window.step,
        v=[even(window, window.mean[number], start, end) for number in kept],
        range=end - start,
        end=end,
        board=found.board,
        low=even(window, window.low[kept[0]], start, end) if alone else [],
        high=even(window, window.high[kept[0]], start, end) if alone else [],
        top=found.top,
        colour=found.colour,
        total=len(found.series) if len(found.series) > len(kept) else 0,
    )


def column(series: Series, low: history.SeriesValues, high: history.SeriesValues) -> ChartColumn:
    least = min(value for value in low if value is not None)
    most = max(value for value in high if value is not None)
    return ChartColumn(series.name, series.unit, series.source.key, round_reading(least), round_reading(most))


def even(window: history.HistoryWindow, values: history.SeriesValues, start: int, end: int) -> list[ChartValue]:
    """By places instead of times, with three digits that count."""
    first = start // window.step
    found: list[ChartValue] = [None] * (-(-end // window.step) - first)
    for t, value in zip(window.t, values, strict=True):
        if value is not None:
            found[t // window.step - first] = compact_value(float(f"{value:.3g}"))
    return found


def text_of(card: ChartCard) -> str:
    """ "cpu.busy, the last hour: 3.1 % to 97 %, last 12 %"."""
    said = [between(each, values) for each, values in zip(card.columns, card.v, strict=True)]
    if len(said) > 1:
        said = [f"{each.name} {part}" for each, part in zip(card.columns, said, strict=True)]
    return _("%(title)s, %(when)s: %(values)s") % {"title": card.title, "when": when(card), "values": "; ".join(said)}


def between(column: ChartColumn, values: Sequence[ChartValue]) -> str:
    last = next(value for value in reversed(values) if value is not None)
    return _("%(low)s to %(high)s, last %(last)s") % {
        "low": format_reading(column.least, column.unit),
        "high": format_reading(column.most, column.unit),
        "last": format_reading(last, column.unit),
    }


def when(card: ChartCard) -> str:
    if card.end < time.time() - NOW:
        return _("%(begin)s to %(end)s") % {"begin": format_clock(card.end - card.range), "end": format_clock(card.end)}
    known = {3600: _("the last hour"), 86_400: _("the last day"), 31_536_000: _("the last year")}
    return known.get(card.range) or _("the last %(span)s") % {"span": format_duration(card.range)}
