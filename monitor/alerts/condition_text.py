"""Formats durations and thresholds, and describes violated conditions."""

from django.utils.translation import gettext as _

from monitor.alerts.models import Rule
from monitor.metrics.readings import format_reading
from myweb import formats


def format_span(seconds: float) -> str:
    """A negative duration, as after a clock change, counts as zero."""
    return formats.format_duration(max(0, seconds))


def format_limit(comparison: str, threshold: float, unit: str) -> str:
    """Returns, for example, "above 10"."""
    word = str(dict(Rule.Comparison.choices).get(comparison, comparison))
    return f"{word} {format_reading(threshold, unit)}"


def describe_violation(name: str, value: str, limit: str, seconds: int) -> str:
    """Returns, for example, "web queue is 41, above 10 for 3 min", or that the source is down."""
    parts = {"name": name.removesuffix(" up"), "value": value, "limit": limit, "span": format_span(seconds)}
    if name.endswith(" up"):
        return (_("%(name)s is down for %(span)s") if seconds else _("%(name)s is down")) % parts
    return (
        _("%(name)s is %(value)s, %(limit)s for %(span)s") if seconds else _("%(name)s is %(value)s, %(limit)s")
    ) % parts
