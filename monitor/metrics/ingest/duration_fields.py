"""Durations as users type them: ``90s``, ``15m``, ``1h 30m``, ``2d``, ``1w``."""

import re

UNIT_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
DURATION = re.compile(r"(?:\d{1,6}\s*[wdhms]\s*)+")


def parse_duration(text: str) -> int | None:
    """Return None if the text is no duration. A plain number is in seconds."""
    text = text.strip().lower()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    if not text.isascii() or not DURATION.fullmatch(text):
        return None
    return sum(int(number) * UNIT_SECONDS[unit] for number, unit in re.findall(r"(\d+)\s*([wdhms])", text))


def format_typed_duration(span: int) -> str:
    parts = []
    for unit, size in UNIT_SECONDS.items():
        count, span = divmod(span, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"
