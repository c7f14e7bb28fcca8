"""Deletes rows by age, and by the size limit of the site. The oldest rows of the finest resolution go first."""

from collections.abc import Iterable

from django.conf import settings
from django.db import connection
from django.db.models import Avg, Max, Min
from django.db.models.functions import Length

from monitor.metrics.models import Chunk, Rollup
from monitor.metrics.store.retention import RAW_RESOLUTION, RESOLUTIONS, Resolution

PURGE_INTERVAL, SIZE_INTERVAL = 10, 60  # seconds
BATCH_SIZE = 500  # rows of a batch: deleted within milliseconds, even on a slow disk
SAMPLE = 500  # rows that estimate the mean size
StoredRow = Chunk | Rollup
# Bytes of a row beside its body, as bin/bench store measures them: headers, indexes and free space in pages.
ROW_OVERHEAD: dict[str, dict[type[StoredRow], int]] = {
    "sqlite": {Chunk: 110, Rollup: 790},
    "postgresql": {Chunk: 135, Rollup: 285},
}
MEGABYTE = 1_000_000


class HistoryPurge:
    """``second()`` runs once a second. It deletes some old rows and returns how many."""

    def __init__(self) -> None:
        self.sized_at = 0  # when the size was last estimated, which costs more than deleting some rows
        self.is_full = self.has_more = False

    def second(self, now: int) -> int:
        if now % PURGE_INTERVAL and not self.has_more:
            return 0
        if self.is_full or now - self.sized_at >= SIZE_INTERVAL:
            self.sized_at, self.is_full = now, estimate_size() > settings.METRICS_MB * MEGABYTE
        deleted = [delete_old_rows(level, now - level.max_age) for level in RESOLUTIONS]
        if self.is_full:
            deleted.append(
                next(
                    filter(
                        None, (delete_old_rows(level, now - level.min_age) for level in RESOLUTIONS if level.min_age)
                    ),
                    0,
                )
            )
        self.has_more = max(deleted) >= BATCH_SIZE
        return sum(deleted)


def delete_old_rows(level: Resolution, before: int) -> int:
    """Delete the oldest rows of a resolution, if they ended before ``before``."""
    old_ids = [pk for pk, t0 in get_oldest_rows(level) if t0 + level.span <= before]
    if not old_ids:
        return 0
    rows = Chunk.objects.filter(pk__in=old_ids) if level is RAW_RESOLUTION else Rollup.objects.filter(pk__in=old_ids)
    rows._raw_delete(rows.db)  # nothing references a row, so none must be read first
    return len(old_ids)


def get_oldest_rows(level: Resolution) -> Iterable[tuple[int, int]]:
    if level is RAW_RESOLUTION:
        return Chunk.objects.order_by("pk").values_list("pk", "t0")[:BATCH_SIZE]
    return Rollup.objects.filter(step=level.step).order_by("t0").values_list("pk", "t0")[:BATCH_SIZE]


def estimate_size() -> int:
    """Estimate the bytes of all rows: their number times the mean size of the newest."""
    return sum(
        estimate_row_count(model) * (get_mean_body_size(model) + beside)
        for model, beside in ROW_OVERHEAD[connection.vendor].items()
    )


def estimate_row_count(model: type[StoredRow]) -> int:
    """Estimate from the ids: rows are written in the order of time and the oldest go first, so ids have few gaps."""
    if model is Rollup:
        return Rollup.objects.count()
    ends = Chunk.objects.aggregate(first=Min("pk"), last=Max("pk"))
    return 0 if ends["first"] is None else ends["last"] - ends["first"] + 1


def get_mean_body_size(model: type[StoredRow]) -> int:
    newest = model._default_manager.order_by("-pk")[:SAMPLE]
    return int(newest.aggregate(size=Avg(Length("body")))["size"] or 0)
