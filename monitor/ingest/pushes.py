"""Takes in what was pushed: of each series the newest value, of a source no more series than it may have."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache

import msgspec
from django.db.models import F

from monitor.ingest.formats import Sample
from monitor.ingest.latest import Value, get_box
from monitor.metrics import SERIES_LIMIT
from monitor.models import Pushed, Series
from monitor.series_state import active_seconds, gone_after
from realtime.limits import SharedBuckets

PER_SECOND = 10.0  # pushes and beats of one token
AHEAD = 60.0  # seconds that the clock of whoever pushes may be fast
NOTED = timedelta(seconds=5)  # how exactly it is kept when a source was seen last


class Outcome(msgspec.Struct, omit_defaults=True):
    """The answer to a push."""

    accepted: int
    refused: int
    why: str = ""


@cache
def buckets() -> SharedBuckets:
    """For each token, by its digest."""
    return SharedBuckets("pushes", PER_SECOND)


def take(pushed: Pushed, samples: Iterable[Sample], now: float) -> Outcome:
    told = {each.name: Value(each.value, now if each.at is None else each.at, each.counter) for each in samples}
    fresh = {name: value for name, value in told.items() if -AHEAD <= now - value.at <= pushed.every}
    over = beyond(pushed.source_id, fresh, now - gone_after(pushed.every, active_seconds()))
    kept = {name: value for name, value in fresh.items() if name not in over}
    if kept:
        get_box().put(pushed.source_id, kept)
    note(pushed, len(told) - len(kept), datetime.fromtimestamp(now, UTC))
    return Outcome(len(kept), len(told) - len(kept), why(len(told) - len(fresh), len(over), pushed.every))


def beyond(source: int, values: Iterable[str], since: float = 0.0) -> set[str]:
    """Which of them would be one series too many, beside those that were heard of ``since`` (seconds since 1970).

    Most pushes bring nothing new and ask for the known names alone.
    """
    known = {name for name, value in get_box().all(source).items() if value.at >= since}
    new = [name for name in values if name not in known]
    if not new:
        return set()
    live = Series.objects.filter(source=source, gone_at=None, seen_at__gte=datetime.fromtimestamp(since, UTC))
    known |= set(live.values_list("name", flat=True))
    new = [name for name in new if name not in known]
    return set(new[max(0, SERIES_LIMIT - len(known)) :])


def why(stale: int, over: int, every: int) -> str:
    reasons = []
    if over:
        reasons.append(f"{over} series are beyond the {SERIES_LIMIT} that a source may have.")
    if stale:
        reasons.append(f"{stale} values are of a time that does not count: the last {every} s do.")
    return " ".join(reasons)


def note(pushed: Pushed, refused: int, now: datetime) -> None:
    if refused or pushed.seen_at is None or now - pushed.seen_at > NOTED:
        Pushed.objects.filter(pk=pushed.pk).update(seen_at=now, refused=F("refused") + refused)
