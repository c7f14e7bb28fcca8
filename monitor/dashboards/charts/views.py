"""``POST /dashboards/<key>/post/`` posts a panel as a chart to a room."""

import time

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import AuthenticatedRequest
from chat.access import get_room
from monitor.dashboards import access
from monitor.dashboards.charts import cards
from monitor.dashboards.charts.matching import make_panel_subject
from myweb.errors import Refused
from myweb.http import json_error_response, json_response
from myweb.numbers import parse_number, parse_time
from realtime.protocol import encode

CLOCK_ERROR = 2  # seconds


@require_POST
def submit_chart(request: AuthenticatedRequest, key: str) -> HttpResponse:
    """``panel`` is its index, ``room`` the id of a room. Returns JSON: the URL of the chart, or an error."""
    board = access.find_dashboard(request.user, key).dashboard
    number, room = parse_number(request.POST.get("panel", "")), parse_number(request.POST.get("room", ""))
    start, end = parse_time(request.POST.get("from", "")), parse_time(request.POST.get("to", ""))
    panel = dict(enumerate(board.panels)).get(-1 if number is None else number)
    if panel is None or room is None or start is None or end is None:
        return json_error_response(Refused("invalid", _("Choose a panel and a room.")), 400)
    subject = make_panel_subject(board, panel)
    room_id = get_room(request.user, room).pk
    try:
        sent = cards.post_chart(request.user, room_id, subject, end_by_now(cards.Span(start, end), int(time.time())))
    except Refused as refused:
        return json_error_response(refused, 400)
    return json_response(encode({"href": f"{reverse('room', args=[room_id])}?at={sent.seq}"}))


def end_by_now(span: cards.Span, now: int) -> cards.Span:
    """A range up to the present keeps its length if the clock of the browser is a moment ahead."""
    ahead = span.end - now
    if ahead <= 0:
        return span
    return cards.Span(span.start - ahead if ahead <= CLOCK_ERROR else span.start, now)
