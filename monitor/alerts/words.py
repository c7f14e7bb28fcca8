"""Values and spans as people read them, and the sentence that says what is wrong."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitor.models import Rule

BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def short(value: float) -> str:
    """Like ``plain`` in formats.js: what nobody counts digits of is written with an exponent."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.3g}"


def amount(value: float | None, unit: str) -> str:
    if value is None:
        return _("no value")
    if unit in {"B", "B/s"}:
        power = 0
        while abs(value) >= 1024 and power < len(BYTES) - 1:
            value, power = value / 1024, power + 1
        return f"{short(float(f'{value:.3g}'))} {BYTES[power]}{unit[1:]}"
    if unit == "s" and 0 < abs(value) < 1:
        return f"{value * 1000:.3g} ms" if abs(value) >= 0.001 else f"{value * 1e6:.3g} µs"
    if unit == "s" and abs(value) >= 120:
        return f"{'-' if value < 0 else ''}{span(round(abs(value)))}"
    return f"{short(value)} {unit}".strip() if unit != "/s" else f"{short(value)}/s"


def span(seconds: int) -> str:
    """ "3 min", "1 h 5 min". A clock that was set back may make it negative: that is nothing."""
    if seconds < 120:
        return _("%(count)d s") % {"count": max(0, seconds)}
    minutes = seconds // 60
    if minutes < 120 and minutes % 60:
        return _("%(count)d min") % {"count": minutes}
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return " ".join(
            [_("%(count)d h") % {"count": hours}] + ([_("%(count)d min") % {"count": rest}] if rest else [])
        )
    return ngettext("%(count)d day", "%(count)d days", hours // 24) % {"count": hours // 24}


def limit(comparison: str, threshold: float, unit: str) -> str:
    """ "above 10"."""
    word = str(dict(Rule.Comparison.choices).get(comparison, comparison))
    return f"{word} {amount(threshold, unit)}"


def wrong(name: str, value: str, limit: str, seconds: int) -> str:
    """ "web queue is 41, above 10 for 3 min"; of a source that does not answer, that."""
    if name.endswith(" up"):
        return _("%(name)s is down for %(span)s") % {"name": name.removesuffix(" up"), "span": span(seconds)}
    said = {"name": name, "value": value, "limit": limit, "span": span(seconds)}
    return _("%(name)s is %(value)s, %(limit)s for %(span)s") % said
