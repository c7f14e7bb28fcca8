"""The series of sources, each with its position in a row of values."""

from collections.abc import Iterable
from typing import NamedTuple

from monitor.metrics.models import Series, Source
from myweb.times import to_datetime

GONE_SHOWN = 500  # limit of gone series in a chart of the past; those that were read last come first


class SeriesColumn(NamedTuple):
    name: str
    unit: str
    position: int  # in the row of its source
    source: str

    @property
    def full(self) -> str:
        return f"{self.source}.{self.name}"


def get_series_columns(sources: Iterable[str], since: int | None = None) -> list[SeriesColumn]:
    """Return the live series, then those that are gone and were read at ``since`` (seconds since 1970) or later."""
    known = Series.objects.filter(source__key__in=list(sources), source__removed_at=None)
    rows = [*known.filter(gone_at=None).order_by("source_id", "position")]
    if since is not None:
        gone = known.filter(gone_at__isnull=False, seen_at__gte=to_datetime(since))
        rows += gone.order_by("-seen_at", "pk")[:GONE_SHOWN]
    keys = dict(Source.objects.filter(pk__in={row.source_id for row in rows}).values_list("pk", "key"))
    return [SeriesColumn(row.name, row.unit, row.position or 0, keys[row.source_id]) for row in rows]
