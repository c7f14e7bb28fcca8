"""Serves ``/metrics``: the newest value of every series, for Prometheus with the bearer token."""

import time
from collections.abc import Iterable, Mapping
from math import isnan
from secrets import compare_digest

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from monitor.metrics.columns import SeriesColumn, get_series_columns
from monitor.metrics.ingest.source_status import get_declared_state
from monitor.metrics.lease import MAX_TICK_AGE, read_last_tick
from monitor.metrics.models import Source
from monitor.metrics.openmetrics import OPENMETRICS_FORMAT, TEXT_FORMAT, MetricFamilies, accepts_openmetrics
from monitor.metrics.store.ring import RingRow, get_ring

RECENT = int(MAX_TICK_AGE.total_seconds())  # seconds: older values are not current


@login_not_required
@require_safe
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Respond 404 if the settings have no token."""
    if not settings.METRICS_TOKEN:
        raise Http404
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not compare_digest(token.encode(), settings.METRICS_TOKEN.encode()):
        return HttpResponse("A bearer token is required.\n", status=401, headers={"WWW-Authenticate": "Bearer"})
    as_openmetrics = accepts_openmetrics(request.headers.get("Accept", "").split(","))
    text = collect_metrics(time.time()).text(as_openmetrics=as_openmetrics)
    return HttpResponse(
        text, content_type=OPENMETRICS_FORMAT if as_openmetrics else TEXT_FORMAT, headers={"Vary": "Accept"}
    )


def collect_metrics(now: float) -> MetricFamilies:
    families = MetricFamilies()
    if tick := read_last_tick():
        help_text = "Seconds since a collector last measured; it grows while none is active"
        families.add("myweb_collector_tick_age_seconds", help_text, {}, round(tick.age.total_seconds(), 3))
    sources = list(Source.objects.select_related("pushed", "scraped").order_by("key"))
    columns: dict[str, list[SeriesColumn]] = {source.key: [] for source in sources}
    for column in get_series_columns(columns):
        columns[column.source].append(column)
    ring = get_ring()
    rows = {source.key: ring.since(source.pk, int(now) - RECENT) for source in sources}
    for source in sources:
        up = is_up(source, rows[source.key], columns[source.key])
        if up is not None:
            help_text = "1 if the last read of the source succeeded, else 0"
            families.add("myweb_up", help_text, {"source": source.key}, float(up))
    add_ages(families, rows, now)
    for source in sources:
        if rows[source.key]:
            add_values(families, columns[source.key], rows[source.key][-1])
    return families


def is_up(source: Source, rows: list[RingRow], columns: list[SeriesColumn]) -> bool | None:
    """Return None while it is paused or revoked, and before its first values."""
    if get_declared_state(source):
        return None
    if not rows:
        return False if columns else None
    values = rows[-1].values
    if values:
        return True if any(not isnan(value) for value in values) else None
    is_new = hasattr(source, "scraped") and not columns and not source.scraped.trouble
    return None if is_new else False


def add_ages(families: MetricFamilies, rows: Mapping[str, list[RingRow]], now: float) -> None:
    for key, source_rows in rows.items():
        if source_rows:
            age = max(0.0, round(now - source_rows[-1].t, 3))
            families.add("myweb_age_seconds", "Unix time of the last values", {"source": key}, age)


def add_values(families: MetricFamilies, columns: Iterable[SeriesColumn], row: RingRow) -> None:
    for column in columns:
        if column.position < len(row.values) and not isnan(row.values[column.position]):
            families.add_series(column.source, column.name, column.unit, row.values[column.position])
