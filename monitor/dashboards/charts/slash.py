"""``/chart cpu 1h`` posts a chart to the room."""

import re
import time

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.message_validation import parse_client_id
from chat.slash import SlashRequest, slash_command
from monitor.dashboards.charts import cards
from monitor.dashboards.charts.matching import find_chart_subject
from monitor.dashboards.ranges import MAX_RANGE
from myweb.errors import Refused

SECONDS_OF_UNIT = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}
RANGE_PATTERN = re.compile(r"(\d{1,4})([mhdwy])", re.IGNORECASE)
DEFAULT_RANGE = 3_600


@slash_command("chart", "cpu 1h", gettext_lazy("Post a chart: a series or panel, and a time range"))
def post_chart_command(request: SlashRequest) -> None:
    query, seconds = parse_chart_words(request.words)
    if not query:
        raise Refused(
            "invalid", _("Enter what to show: /chart cpu 1h, /chart host.memory.used 7d, /chart Network 30d.")
        )
    now = int(time.time())
    span = cards.Span(now - seconds, now)
    cards.post_chart(
        request.by, request.room.pk, find_chart_subject(request.by, query), span, parse_client_id(request.client_id)
    )


def parse_chart_words(words: str) -> tuple[str, int]:
    """Returns the query and the seconds of the range."""
    query, _space, last = words.rpartition(" ")
    match = RANGE_PATTERN.fullmatch(last)
    if not match:
        return words, DEFAULT_RANGE
    seconds = int(match[1]) * SECONDS_OF_UNIT[match[2].lower()]
    if not 60 <= seconds <= MAX_RANGE:
        raise Refused("invalid", _("A chart covers at least one minute and at most three years."))
    return query.strip(), seconds
