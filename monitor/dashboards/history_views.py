"""``GET /dashboards/<key>/history/?from=&to=&points=``: the values of a range, as JSON."""

import time
from zlib import crc32

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedRequest
from monitor.dashboards import access, protocol
from monitor.dashboards.automatic import AUTOMATIC_DASHBOARDS, DashboardView, Layout
from monitor.dashboards.ranges import MAX_RANGE
from monitor.dashboards.serializers import get_layout, serialize_view
from monitor.metrics.models import Series
from monitor.metrics.readings import compact_value
from monitor.metrics.store import history
from myweb.errors import Refused
from myweb.http import json_error_response, json_response
from myweb.numbers import parse_number, parse_time
from realtime.protocol import encode

MAX_POINTS = 2_000
SETTLED_AFTER = 60  # seconds after which the values of a moment are final
IMMUTABLE_AGE = 365 * 86_400


@require_GET
def show_history_values(request: AuthenticatedRequest, key: str) -> HttpResponse:
    """JSON :class:`BoardHistory`."""
    access.find_dashboard(request.user, key)
    try:
        start, end, points = parse_history_range(request)
    except Refused as error:
        return json_error_response(error, 400)
    dashboard, layout = get_layout(key, start)
    window = history.read_history(load_series(layout), start, end, points)
    body = encode(serialize_history(window, dashboard, layout))
    return add_cache_headers(request, json_response(body), body, window.step, end)


def parse_history_range(request: HttpRequest) -> tuple[int, int, int]:
    start, end = parse_time(request.GET.get("from", "")), parse_time(request.GET.get("to", ""))
    points = parse_number(request.GET.get("points", str(history.POINTS)))
    if start is None or end is None or points is None:
        raise Refused("invalid", "from, to and points must be whole numbers.")
    if not 0 <= start < end <= start + MAX_RANGE:
        raise Refused("invalid", "from and to must be Unix times in seconds, at most three years apart.")
    return start, min(end, max(start + 1, int(time.time()) + 1)), max(10, min(points, MAX_POINTS))


def load_series(layout: Layout) -> list[Series]:
    stored_series = Series.objects.filter(source__key__in=layout.sources).select_related("source")
    known = {(one_series.source.key, one_series.name): one_series for one_series in stored_series}
    return [known[column.source, column.name] for column in layout.columns]


def serialize_history(window: history.HistoryWindow, dashboard: DashboardView, layout: Layout) -> protocol.BoardHistory:
    is_finest = window.step == 1
    return protocol.BoardHistory(
        layout=layout.number,
        columns=[protocol.BoardColumn(column.name, column.unit, column.source) for column in layout.columns],
        panels=[list(panel) for panel in layout.panels],
        step=window.step,
        t=window.t,
        mean=[[compact_value(value) for value in values] for values in window.mean],
        low=None if is_finest else window.low,
        high=None if is_finest else window.high,
        shown=serialize_view(dashboard) if dashboard.version or dashboard.key not in AUTOMATIC_DASHBOARDS else None,
    )


def add_cache_headers(request: HttpRequest, response: HttpResponse, body: bytes, step: int, end: int) -> HttpResponse:
    """Past ranges are immutable; others are cached for half a step. The cache is private: access is restricted."""
    closed = -(-end // step) * step + SETTLED_AFTER <= time.time()
    age = f"max-age={IMMUTABLE_AGE}, immutable" if closed else f"max-age={min(step // 2, 60)}"
    tag = f'"{crc32(body):08x}"'
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponse(status=304)
    response.headers["Cache-Control"] = f"private, {age}"
    response.headers["ETag"] = tag
    return response
