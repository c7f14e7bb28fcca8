"""``GET /dashboards/<key>/history/?from=&to=&points=``: what a dashboard showed, for any range, as JSON."""

import time
from zlib import crc32

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedRequest
from monitor.dashboards import access, protocol
from monitor.dashboards.automatic import AUTOMATIC, Dashboard, Layout
from monitor.dashboards.ticks import laid_out, shown
from monitor.metrics.models import Series
from monitor.metrics.readings import compact_value
from monitor.metrics.store import history
from myweb.errors import Refused
from myweb.http import json_error_response, json_response
from myweb.numbers import parse_number, parse_time
from realtime.protocol import encode

MOST_POINTS = 2_000
LONGEST = 3 * 366 * 86_400
SETTLED = 60  # seconds after which nothing of a moment comes any more
FOR_EVER = 365 * 86_400


@require_GET
def board_history(request: AuthenticatedRequest, key: str) -> HttpResponse:
    """JSON :class:`BoardHistory`."""
    access.get_board(request.user, key)
    try:
        start, end, points = asked(request)
    except Refused as error:
        return json_error_response(error, 400)
    dashboard, order = laid_out(key, start)
    window = history.read_history(series_of(order), start, end, points)
    body = encode(drawn(window, dashboard, order))
    return cached(request, json_response(body), body, window.step, end)


def asked(request: HttpRequest) -> tuple[int, int, int]:
    start, end = parse_time(request.GET.get("from", "")), parse_time(request.GET.get("to", ""))
    points = parse_number(request.GET.get("points", str(history.POINTS)))
    if start is None or end is None or points is None:
        raise Refused("invalid", "from, to and points must be whole numbers.")
    if not 0 <= start < end <= start + LONGEST:
        raise Refused("invalid", "from and to must be Unix times in seconds, at most three years apart.")
    return start, min(end, max(start + 1, int(time.time()) + 1)), max(10, min(points, MOST_POINTS))


def series_of(order: Layout) -> list[Series]:
    found = Series.objects.filter(source__key__in=order.sources).select_related("source")
    known = {(each.source.key, each.name): each for each in found}
    return [known[column.source, column.name] for column in order.columns]


def drawn(window: history.HistoryWindow, dashboard: Dashboard, order: Layout) -> protocol.BoardHistory:
    lone = window.step == 1
    return protocol.BoardHistory(
        layout=order.number,
        columns=[protocol.Column(column.name, column.unit, column.source) for column in order.columns],
        panels=[list(panel) for panel in order.panels],
        step=window.step,
        t=window.t,
        mean=[[compact_value(value) for value in values] for values in window.mean],
        low=None if lone else window.low,
        high=None if lone else window.high,
        shown=shown(dashboard) if dashboard.version or dashboard.key not in AUTOMATIC else None,
    )


def cached(request: HttpRequest, response: HttpResponse, body: bytes, step: int, end: int) -> HttpResponse:
    """What is over never changes; the rest is kept for half a step. By the browser alone: not all may see it."""
    closed = -(-end // step) * step + SETTLED <= time.time()
    age = f"max-age={FOR_EVER}, immutable" if closed else f"max-age={min(step // 2, 60)}"
    tag = f'"{crc32(body):08x}"'
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponse(status=304)
    response.headers["Cache-Control"] = f"private, {age}"
    response.headers["ETag"] = tag
    return response
