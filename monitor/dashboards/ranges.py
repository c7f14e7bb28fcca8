"""The ranges of time that a dashboard offers. ``dashboards/ranges.js`` reads them from the links of the page."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DAY = 86_400  # seconds
MAX_RANGE = 3 * 366 * DAY  # of one request, and of a chart in a room


class Range(NamedTuple):
    name: str  # in the URL
    seconds: int
    label: Promise


# The first one is the default. The longest one limits what a user can zoom out to.
RANGES = (
    Range("5m", 300, _("5 min")),
    Range("1h", 3600, _("1 h")),
    Range("1d", DAY, _("1 d")),
    Range("7d", 7 * DAY, _("7 d")),
    Range("30d", 30 * DAY, _("30 d")),
    Range("1y", 365 * DAY, _("1 y")),
    Range("2y", 730 * DAY, _("2 y")),
)
