"""The uptime of a check, from the changes of its state.

Time before the first result, while a check is paused, and without a collector counts for neither side.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from math import ceil, floor
from typing import NamedTuple

from django.db.models import OuterRef, Subquery
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from monitor.checks.models import Check, CheckChange, CheckState
from myweb.formats import format_duration

DAYS = 90
BEATS, BEAT_SECONDS = 60, 720  # bars of the last hours
MAX_CHANGES = 50_000  # rows that a page reads; of a longer history the newest count
STATES_OF_LEVEL = {"bad": CheckState.DOWN, "some": CheckState.DEGRADED, "good": CheckState.UP}  # the worst first
BAR_HEIGHTS = {"none": 3, "good": 13, "some": 16, "bad": 20}
MIN_MEASURED = 3600.0  # seconds; no percentage before

Span = tuple[datetime, datetime, str]
Change = tuple[datetime, str]


class Bar(NamedTuple):
    level: str  # none, good, some, bad
    words: str


class Uptime(NamedTuple):
    """Shares are empty until enough was measured."""

    day: str
    month: str
    quarter: str


def get_midnight(moment: datetime, days: int = 0) -> datetime:
    """Return the start of the day that is ``days`` later, in the time zone of the workspace."""
    local = timezone.localtime(moment).date() + timedelta(days=days)
    return timezone.make_aware(datetime(local.year, local.month, local.day))  # noqa: DTZ001 - made aware here


def get_first_day(now: datetime) -> datetime:
    return get_midnight(now, 1 - DAYS)


def list_spans(before: str | None, changes: Iterable[Change], start: datetime, now: datetime) -> Iterator[Span]:
    """``before``: its state at the start, or None if it did not exist."""
    since, state = start, before or CheckState.UNKNOWN
    for at, other in [*changes, (now, "")]:
        if at > since:
            yield since, at, state
        since, state = max(since, at), other


def load_spans(checks: Sequence[Check], now: datetime) -> dict[int, list[Span]]:
    """Runs two queries, however many checks there are. Returns the spans of the last 90 days by check."""
    start, ids = get_first_day(now), [check.pk for check in checks]
    earlier = CheckChange.objects.filter(of=OuterRef("pk"), at__lt=start).order_by("-at", "-pk").values("state")[:1]
    before = dict(Check.objects.filter(pk__in=ids).values_list("pk", Subquery(earlier)))
    newest = CheckChange.objects.filter(of__in=ids, at__gte=start).order_by("-at", "-pk")
    rows = list(newest.values_list("of_id", "at", "state")[:MAX_CHANGES])
    if len(rows) == MAX_CHANGES:  # what was before the oldest of them is not known
        start, before = rows[-1][1], {}
    changes: dict[int, list[Change]] = {pk: [] for pk in ids}
    for pk, at, state in reversed(rows):
        changes[pk].append((at, state))
    return {pk: list(list_spans(before.get(pk), changes[pk], start, now)) for pk in ids}


def sum_seconds(spans: Iterable[Span], start: datetime, end: datetime) -> dict[str, float]:
    """Returns the seconds in each state between two moments."""
    seconds: dict[str, float] = {}
    for began, ended, state in spans:
        if ended > start and began < end:
            inside = min(ended, end) - max(began, start)
            seconds[state] = seconds.get(state, 0.0) + inside.total_seconds()
    return seconds


def sum_by_day(spans: Iterable[Span]) -> dict[date, dict[str, float]]:
    """Returns seconds in each state; a span over midnight counts for both days."""
    days: dict[date, dict[str, float]] = {}
    for started, ended, state in spans:
        since = started
        while since < ended:
            until = min(ended, get_midnight(since, 1))
            day = days.setdefault(timezone.localtime(since).date(), {})
            day[state] = day.get(state, 0.0) + (until - since).total_seconds()
            since = until
    return days


def format_share(measured: float, down: float) -> str:
    """Returns percent, rounded down so that no outage disappears, or nothing before an hour was measured."""
    if measured < MIN_MEASURED:
        return ""
    return formats.number_format(floor(10_000 * (1 - down / measured)) / 100, 2) if down else "100"


def measure_uptime(spans: Sequence[Span], now: datetime) -> Uptime:
    shares = []
    for days in (1, 30, DAYS):
        seconds = sum_seconds(spans, now - timedelta(days=days), now)
        down = seconds.get(CheckState.DOWN, 0.0)
        up = seconds.get(CheckState.UP, 0.0) + seconds.get(CheckState.DEGRADED, 0.0)
        shares.append(format_share(up + down, down))
    return Uptime(*shares)


def list_beats(spans: Sequence[Span], now: datetime) -> list[str]:
    """Returns the level of each bar of the last hours, the oldest first."""
    start = now - timedelta(seconds=BEATS * BEAT_SECONDS)
    beats: list[dict[str, float]] = [{} for _number in range(BEATS)]
    for began, ended, state in spans:
        if ended <= start:
            continue
        since, until = (max(0.0, (moment - start).total_seconds()) for moment in (began, ended))
        for number in range(int(since // BEAT_SECONDS), min(BEATS, ceil(until / BEAT_SECONDS))):
            inside = min(until, (number + 1) * BEAT_SECONDS) - max(since, number * BEAT_SECONDS)
            beats[number][state] = beats[number].get(state, 0.0) + inside
    return [get_level(seconds) for seconds in beats]


def draw_beats(levels: Sequence[str]) -> dict[str, str]:
    """Returns a path for each level, on a canvas of four units a bar and BAR_HEIGHTS["bad"] units of height."""
    bottom = BAR_HEIGHTS["bad"]
    paths = dict.fromkeys(BAR_HEIGHTS, "")
    for number, level in enumerate(levels):
        height = BAR_HEIGHTS[level]
        paths[level] += f"M{4 * number} {bottom - height}h3v{height}h-3z"
    return paths


def list_day_bars(spans: Sequence[Span], now: datetime) -> list[Bar]:
    first, seconds = timezone.localtime(get_first_day(now)).date(), sum_by_day(spans)
    days = [first + timedelta(days=number) for number in range(DAYS)]
    return [make_bar(seconds.get(day, {}), formats.date_format(day, "MONTH_DAY_FORMAT")) for day in days]


def make_bar(seconds: dict[str, float], name: str) -> Bar:
    level = get_level(seconds)
    words = {
        "bad": _("%(day)s: down for %(time)s"),
        "some": _("%(day)s: degraded for %(time)s"),
        "good": _("%(day)s: no incidents"),
        "none": _("%(day)s: no data"),
    }[level]
    time = seconds.get(STATES_OF_LEVEL.get(level, ""), 0.0)
    return Bar(level, words % {"day": name, "time": format_duration(max(1, round(time)))})


def get_level(seconds: dict[str, float]) -> str:
    return next((level for level, state in STATES_OF_LEVEL.items() if seconds.get(state)), "none")


def describe_downtime(spans: Sequence[Span], now: datetime, seconds: float) -> str:
    """Sums up bars for screen readers."""
    down = sum_seconds(spans, now - timedelta(seconds=seconds), now).get(CheckState.DOWN, 0.0)
    if not down:
        return _("no outage")
    return _("down for %(time)s") % {"time": format_duration(max(1, round(down)))}
