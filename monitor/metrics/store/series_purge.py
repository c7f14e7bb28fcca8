"""Deletes series without stored values, and the history of removed sources, in batches."""

from datetime import timedelta
from typing import TYPE_CHECKING

import redis
from django.db.models import Exists, OuterRef

from monitor.metrics.ingest.latest import get_latest_store
from monitor.metrics.models import Chunk, Rollup, Series, Source
from monitor.metrics.store.ring import get_ring
from myweb.times import to_datetime

if TYPE_CHECKING:
    from django.db.models import QuerySet

BATCH_SIZE = 500  # rows
PURGE_INTERVAL = 600  # seconds between two searches for forgotten series
MIN_GONE_AGE = timedelta(days=1)  # before that, the last values may still be in the ring


class SeriesPurge:
    """``second()`` runs once a second."""

    def __init__(self) -> None:
        self.searched_at = 0
        self.has_more = False

    def second(self, now: int) -> int:
        """Return how many rows were deleted."""
        if not self.has_more and abs(now - self.searched_at) < PURGE_INTERVAL and not is_removal_waiting(now):
            return 0
        self.searched_at = now
        deleted = delete_forgotten(now) + delete_removed()
        self.has_more = deleted > 0
        return deleted


def is_removal_waiting(now: int) -> bool:
    return now % 10 == 0 and Source.with_removed.exclude(removed_at=None).exists()


def delete_forgotten(now: int) -> int:
    """Delete series whose values were all deleted by retention."""
    stored = [Exists(model._default_manager.filter(series=OuterRef("pk"))) for model in (Chunk, Rollup)]
    forgotten = Series.objects.filter(gone_at__lt=to_datetime(now) - MIN_GONE_AGE).exclude(stored[0] | stored[1])
    return delete_rows(forgotten)


def delete_removed() -> int:
    source = Source.with_removed.exclude(removed_at=None).order_by("pk").first()
    if source is None:
        return 0
    series = list(Series.objects.filter(source=source).order_by("pk").values_list("pk", flat=True)[:BATCH_SIZE])
    for model in (Chunk, Rollup):
        if series and (count := delete_rows(model._default_manager.filter(series__in=series))):
            return count
    if series:
        return delete_rows(Series.objects.filter(pk__in=series))
    try:
        get_ring().clear(source.pk)
        get_latest_store().clear(source.pk)
    except redis.RedisError:
        return 0
    source.delete()
    return 1


def delete_rows(rows: "QuerySet[Chunk] | QuerySet[Rollup] | QuerySet[Series]") -> int:
    """Delete the first rows without reading them, since nothing references them."""
    row_ids = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH_SIZE])
    if row_ids:
        first_rows = rows.model._default_manager.filter(pk__in=row_ids)
        first_rows._raw_delete(first_rows.db)
    return len(row_ids)
