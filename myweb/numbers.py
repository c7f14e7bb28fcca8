"""Parses whole numbers of a URL, a query, a form or a cookie.

``int`` raises ValueError for more than 4,300 digits, and no column holds more than 63 bits.
"""

import re

from django.urls import register_converter

DIGITS = "[0-9]{1,18}"
LATEST = 2**33  # seconds since 1970: the year 2242, which every platform's datetime holds


class NumberConverter:
    """``<number:name>`` in a URL; anything longer than a key can be is 404."""

    regex = DIGITS

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(NumberConverter, "number")  # models import this module, so it comes before any urls.py


def parse_number(text: str) -> int | None:
    """None if ``text`` is not a whole number from 0 to 18 digits."""
    text = text.strip()
    return int(text) if re.fullmatch(DIGITS, text) else None


def parse_time(text: str) -> int | None:
    """Seconds since 1970; None if ``text`` is not a time up to :data:`LATEST`."""
    seconds = parse_number(text)
    return seconds if seconds is not None and seconds <= LATEST else None
