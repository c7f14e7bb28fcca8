"""Stores pushed values: the newest of each series, up to the limit of a source.

The limits of a body are in api.py; how long a value is valid by default, in models/ingest.py.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache

import msgspec
from django.db.models import F

from monitor.metrics.catalogue import MAX_SERIES_PER_SOURCE
from monitor.metrics.ingest.formats import Parsed
from monitor.metrics.ingest.latest import LatestValue, get_latest_store
from monitor.metrics.models import Pushed, Series
from monitor.metrics.series_state import get_active_seconds, get_gone_limit
from myweb.times import to_datetime
from realtime.rate_limits import SharedBuckets

PER_SECOND = 10.0  # requests of one token
MAX_CLOCK_AHEAD = 60.0  # seconds that a client's clock may be ahead
SEEN_PRECISION = timedelta(seconds=5)  # precision of the stored time of the last push


class PushResult(msgspec.Struct, omit_defaults=True):
    """The response to a push."""

    accepted: int
    refused: int
    why: list[str] = []  # the first reasons; each names a count or a line


@cache
def get_push_buckets() -> SharedBuckets:
    """Rate limits by the digest of the token."""
    return SharedBuckets("pushes", PER_SECOND)


def store_push(pushed: Pushed, parsed: Parsed, now: float) -> PushResult:
    newest = select_newest(parsed, now)
    fresh = {name: value for name, value in newest.items() if -MAX_CLOCK_AHEAD <= now - value.at <= pushed.every}
    excess = find_excess_series(pushed.source_id, fresh, now - get_gone_limit(pushed.every, get_active_seconds()))
    accepted = {name: value._replace(at=min(value.at, now)) for name, value in fresh.items() if name not in excess}
    stored = get_latest_store().put(pushed.source_id, accepted) if accepted else 0
    refused = parsed.refusals.count + len(newest) - stored
    reasons = list_reasons(len(newest) - len(fresh), len(excess), len(accepted) - stored, pushed.every)
    result = PushResult(stored, refused, parsed.refusals.examples + reasons)
    store_push_result(pushed, result, to_datetime(now))
    return result


def select_newest(parsed: Parsed, now: float) -> dict[str, LatestValue]:
    """Return the latest value of each name. A value without a time is from now."""
    newest: dict[str, LatestValue] = {}
    for sample in parsed.samples:
        value = LatestValue(sample.value, now if sample.at is None else sample.at, sample.counter)
        if sample.name not in newest or newest[sample.name].at <= value.at:
            newest[sample.name] = value
    return newest


def find_excess_series(source: int, values: Iterable[str], since: float = 0.0) -> set[str]:
    """Return the names that exceed the limit, beside the series with values since ``since`` (seconds since 1970).

    Most pushes have no new names and only read the known ones.
    """
    known_names = {name for name, value in get_latest_store().all(source).items() if value.at >= since}
    new_names = [name for name in values if name not in known_names]
    if not new_names:
        return set()
    live_series = Series.objects.filter(source=source, gone_at=None, seen_at__gte=to_datetime(since))
    known_names |= set(live_series.values_list("name", flat=True))
    new_names = [name for name in new_names if name not in known_names]
    return set(new_names[max(0, MAX_SERIES_PER_SOURCE - len(known_names)) :])


def list_reasons(expired: int, excess: int, outdated: int, every: int) -> list[str]:
    reasons = []
    if excess:
        reasons.append(f"{excess} series exceed the limit of {MAX_SERIES_PER_SOURCE} per source.")
    if expired:
        reasons.append(f"{expired} values are too old or in the future; only the last {every} s are accepted.")
    if outdated:
        reasons.append(f"{outdated} values are older than the stored ones.")
    return reasons


def store_push_result(pushed: Pushed, result: PushResult, now: datetime) -> None:
    """Store the result for the page of the source. Refusals stay there until a push is accepted entirely."""
    changed = bool(result.refused) or bool(pushed.why)
    if changed or pushed.seen_at is None or now - pushed.seen_at > SEEN_PRECISION:
        Pushed.objects.filter(pk=pushed.pk).update(seen_at=now, refused=F("refused") + result.refused, why=result.why)
