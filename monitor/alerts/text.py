"""Values and spans as people read them, and the sentence that says what is wrong."""

from django.utils.translation import gettext as _

from monitor.alerts.models import Rule
from monitor.metrics.readings import format_reading
from myweb import formats


def format_span(seconds: float) -> str:
    """A clock that was set back may make it negative: that counts as zero."""
    return formats.format_duration(max(0, seconds))


def format_limit(comparison: str, threshold: float, unit: str) -> str:
    """ "above 10"."""
    word = str(dict(Rule.Comparison.choices).get(comparison, comparison))
    return f"{word} {format_reading(threshold, unit)}"


def describe_violation(name: str, value: str, limit: str, seconds: int) -> str:
    """ "web queue is 41, above 10 for 3 min"; of a source that does not answer, that."""
    if name.endswith(" up"):
        return _("%(name)s is down for %(span)s") % {"name": name.removesuffix(" up"), "span": format_span(seconds)}
    parts = {"name": name, "value": value, "limit": limit, "span": format_span(seconds)}
    return _("%(name)s is %(value)s, %(limit)s for %(span)s") % parts
