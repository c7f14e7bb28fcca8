"""Durations, sizes and numbers as texts, in one form everywhere.

``tests/format_cases.json`` holds cases in every language, for this module and for the scripts.
"""

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from math import ceil, isfinite

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

MINUTE, HOUR, DAY = 60, 3600, 86_400  # seconds
FILE_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")
BYTE_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
NO_VALUE = "–"

# For the scripts of pages as well, which know them by these keys.
UNIT_TEXTS: dict[str, Promise | str] = {
    "per_second": gettext_lazy("{value}/s"),
    "unit_d": gettext_lazy("{count} d"),
    "unit_h": gettext_lazy("{count} h"),
    "unit_min": gettext_lazy("{count} min"),
    "unit_s": gettext_lazy("{count} s"),
}

AGE_TEXTS: dict[str, Promise | str] = {
    "duration": "{time}",
    "for_time": gettext_lazy("for {time}"),
    "in_time": gettext_lazy("in {time}"),
    "just_now": gettext_lazy("just now"),
    "time_ago": gettext_lazy("{time} ago"),
}

Round = Callable[[float], int]


def format_number(value: float) -> str:
    """Three significant digits below 1,000, thousands separators above, an exponent beyond 1e15 and below 1e-6."""
    if not isfinite(value):
        return NO_VALUE
    size = abs(value)
    if size >= 1e15 or 0 < size < 1e-6:
        mantissa, _e, exponent = f"{value:.2e}".partition("e")
        return f"{trim_zeros(mantissa)}E{int(exponent)}"
    return f"{round_whole(value):,}" if size >= 100 else format_significant(value)


def format_significant(value: float) -> str:
    """Three significant digits; ties are rounded away from zero, as browsers do."""
    exact = Decimal(value)
    if not exact:
        return "0"
    place = exact.adjusted() - 2
    rounded = exact.quantize(Decimal(1).scaleb(place), ROUND_HALF_UP)
    return trim_zeros(f"{rounded:,.{max(0, -place)}f}")


def trim_zeros(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def round_whole(value: float) -> int:
    return int(Decimal(value).quantize(Decimal(1), ROUND_HALF_UP))


def format_bytes(value: float) -> str:
    """ "1.5 KiB": three significant digits of the largest unit that fits, in powers of 1024."""
    return join_size(value, 1024, BYTE_UNITS)


def format_file_size(value: float) -> str:
    """ "1.5 MB", in powers of 1000, as the limits of files have it."""
    return join_size(value, 1000, FILE_UNITS)


def join_size(value: float, base: int, units: tuple[str, ...]) -> str:
    if not isfinite(value):
        return NO_VALUE
    power = 0
    while abs(value) >= base and power < len(units) - 1:
        value, power = value / base, power + 1
    return f"{format_significant(value)} {units[power]}"


def format_duration(seconds: float) -> str:
    """The two largest units: "250 ms", "45 s", "1 min 40 s", "2 h 5 min", "3 d 4 h"."""
    if not isfinite(seconds):
        return NO_VALUE
    sign, size = "-" if seconds < 0 else "", abs(seconds)
    if size == 0 or size >= 1 - 5e-4:
        return sign + (join_units(size, round_whole) if size >= 59.95 else format_unit("s", format_significant(size)))
    if size >= 1e-3 - 5e-7:
        return f"{sign}{format_significant(size * 1e3)} ms"
    return f"{sign}{format_significant(size * 1e6)} µs"


def format_exact_duration(seconds: int) -> str:
    """All units of a whole number of seconds, for a field that is read again: "1 d 2 h 3 min 4 s"."""
    days, rest = divmod(seconds, DAY)
    counts = {"d": days, "h": rest // HOUR, "min": rest % HOUR // MINUTE, "s": rest % MINUTE}
    return " ".join(format_unit(unit, str(count)) for unit, count in counts.items() if count) or format_unit("s", "0")


def format_wait(seconds: float) -> str:
    """Rounded up, and at least one second: after it, another attempt is allowed."""
    return join_units(max(1, ceil(seconds)), round_up)


def round_up(value: float) -> int:
    return int(Decimal(value).to_integral_value(ROUND_CEILING))


def format_age(seconds: float) -> str:
    """ "just now", "2 h 5 min ago", and "in 2 h 5 min" for a negative age. Whole minutes."""
    return format_minutes("in_time" if seconds < 0 else "time_ago", seconds)


def format_since(seconds: float) -> str:
    """ "just now", "for 2 h 5 min"."""
    return format_minutes("for_time", max(0, seconds))


def format_lasting(seconds: float) -> str:
    """ "just now", "2 h 5 min"."""
    return format_minutes("duration", max(0, seconds))


def format_minutes(key: str, seconds: float) -> str:
    whole = int(abs(seconds)) // MINUTE * MINUTE
    return str(AGE_TEXTS[key if whole else "just_now"]).format(time=format_duration(whole))


def join_units(seconds: float, to_whole: Round) -> str:
    """At least one second. The smaller of two units is rounded, and left out if it is zero."""
    whole = to_whole(seconds)
    minutes, hours = to_whole(seconds / MINUTE), to_whole(seconds / HOUR)
    if whole < HOUR:
        counts = {"min": whole // MINUTE, "s": whole % MINUTE}
    elif minutes < DAY // MINUTE:
        counts = {"h": minutes // 60, "min": minutes % 60}
    else:
        counts = {"d": hours // 24, "h": hours % 24}
    return " ".join(format_unit(unit, f"{count:,}") for unit, count in counts.items() if count)


def format_unit(unit: str, count: str) -> str:
    return str(UNIT_TEXTS[f"unit_{unit}"]).format(count=count)


def format_value(value: float, unit: str) -> str:
    """``unit`` is %, B, B/s, /s, s, °C, any other word or empty."""
    if not isfinite(value):
        return NO_VALUE
    if unit == "s":
        return format_duration(value)
    if unit in {"B/s", "/s"}:
        return str(UNIT_TEXTS["per_second"]).format(value=format_value(value, unit.removesuffix("/s")))
    return format_bytes(value) if unit == "B" else f"{format_number(value)} {unit}".strip()
