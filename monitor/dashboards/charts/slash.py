"""``/chart cpu 1h``: a chart in the room, frozen as it was when somebody posted it."""

import re
import time

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.incoming import parse_client_id
from chat.slash import SlashRequest, slash_command
from monitor.dashboards.charts import cards
from monitor.dashboards.charts.matching import find
from myweb.errors import Refused

SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}
RANGE = re.compile(r"(\d{1,4})([mhdwy])", re.IGNORECASE)
HOUR = 3_600


@slash_command("chart", "cpu 1h", gettext_lazy("Post a chart: a series or panel, and a time range"))
def chart(asked: SlashRequest) -> None:
    what, seconds = read(asked.words)
    if not what:
        raise Refused(
            "invalid", _("Enter what to show: /chart cpu 1h, /chart host.memory.used 7d, /chart Network 30d.")
        )
    now = int(time.time())
    span = cards.Span(now - seconds, now)
    cards.post(asked.by, asked.room.pk, find(asked.by, what), span, parse_client_id(asked.client_id))


def read(words: str) -> tuple[str, int]:
    """What, and how many seconds of it."""
    what, _space, last = words.rpartition(" ")
    found = RANGE.fullmatch(last)
    if not found:
        return words, HOUR
    seconds = int(found[1]) * SECONDS[found[2].lower()]
    if not 60 <= seconds <= cards.LONGEST:
        raise Refused("invalid", _("A chart covers at least one minute and at most three years."))
    return what.strip(), seconds
