"""What an alert says about a check that is down, and where it leads."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from monitor.checks.cards import CheckCard
from monitor.checks.models import Check, CheckState
from monitor.checks.outages import describe_outage, get_unix_seconds
from monitor.checks.text import as_clause
from monitor.metrics.series_facts import SeriesFacts, finders


def find_check_facts(series: str, value: float | None, room_id: int) -> SeriesFacts:
    """``series`` is "<slug>.up" or another value of a check. Only the room of the check reads the reason."""
    slug, _dot, name = series.rpartition(".")
    check = Check.objects.filter(slug=slug).first()
    if check is None:
        return SeriesFacts()
    words = ""
    if name == "up" and value == 0:
        with translation.override(settings.LANGUAGE_CODE):
            why = as_clause(check.said) if check.state == CheckState.DOWN and check.room_id == room_id else ""
            words = describe_outage(CheckCard(slug, check.name, get_unix_seconds(check.since), why))
    return SeriesFacts(words, reverse("check", args=[slug]))


finders["checks"] = find_check_facts
