r"""Names of series from other programs: ``name{a="b",c="d"}``, with labels sorted by name.

Names with other characters are quoted as in Prometheus 3: ``{"room temp","of what"="air"}``. Invisible characters are
escaped, such as ``\u202e``, so that a series is printable. :func:`split_series` returns the original.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from unicodedata import category

from monitor.metrics.readings import Unit

PLAIN = re.compile(r"[^\s!-,;-?\[-^`{-~]+")  # of ASCII punctuation only - . / : @ _
LABEL = re.compile(
    r'\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<plain>[^\s",={}]++))'
    r'\s*(?:=\s*"(?P<value>(?:[^"\\]|\\.)*+)"\s*)?(?:,\s*|$)',
    re.DOTALL,
)
SERIES = re.compile(r"(?P<name>[^{]*)\{(?P<labels>.*)\}", re.DOTALL)
ESCAPE_SEQUENCE = re.compile(r"\\(u[0-9a-f]{4}|U[0-9a-f]{8}|.)", re.DOTALL)
SIMPLE_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}
JOINERS = "\u200c\u200d"  # inside emoji and words of some scripts
MAX_NAME_BYTES = 2_048  # bytes of UTF-8 with labels: the limit of a PostgreSQL index
UNITS = {"bytes": Unit.BYTES, "seconds": Unit.SECONDS, "percent": Unit.PERCENT}


class BadName(ValueError):
    """The text is a sentence for users."""


def format_series_name(name: str, labels: Mapping[str, str] | None = None) -> str:
    """Raises :class:`BadName` if the name is empty or too long."""
    if not name:
        raise BadName("A name is missing.")
    terms = [f'{quote_series_name(label)}="{escape_value(value)}"' for label, value in sorted((labels or {}).items())]
    quoted = quote_series_name(name)
    if quoted != name:
        terms.insert(0, quoted)
    series = (quoted if quoted == name else "") + (f"{{{','.join(terms)}}}" if terms else "")
    if len(series) > MAX_NAME_BYTES // 4 and len(series.encode()) > MAX_NAME_BYTES:
        raise BadName(f"The name {series[:60]}… is longer than {MAX_NAME_BYTES} bytes.")
    return series


@lru_cache(maxsize=4_096)
def quote_series_name(name: str) -> str:
    """Quote a name, unless it is plain."""
    return name if PLAIN.fullmatch(name) and name.isprintable() else f'"{escape_value(name)}"'


def escape_value(value: str) -> str:
    value = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return value if value.isprintable() else "".join(map(escape_invisible, value))


def escape_invisible(character: str) -> str:
    if character.isprintable() or character in JOINERS or category(character) == "Zs":
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unescape_value(text: str) -> str:
    """Unescape as Prometheus does: three sequences are known, and all others stay."""
    return ESCAPE_SEQUENCE.sub(lambda match: SIMPLE_ESCAPES.get(match[1], match[0]), text) if "\\" in text else text


def restore_value(text: str) -> str:
    """Return the original of a text from :func:`escape_value`."""
    return (
        ESCAPE_SEQUENCE.sub(lambda match: SIMPLE_ESCAPES.get(match[1]) or chr(int(match[1][1:], 16)), text)
        if "\\" in text
        else text
    )


def parse_labels(text: str, unescape: Callable[[str], str] = unescape_value) -> tuple[str, dict[str, str]]:
    """Parse the text between the braces. Return the quoted name of the metric, if any, and the labels."""
    name, labels, at = "", dict[str, str](), 0
    while at < len(text):
        term = LABEL.match(text, at)
        if term is None:
            raise BadName("Its labels are invalid.")
        quoted, plain, value = term.groups()
        key = plain if quoted is None else unescape(quoted)
        if value is None and (quoted is None or name):
            raise BadName(f"The label {key[:60]!r} has no value.")
        if value is None:
            name = key
        elif key in labels:
            raise BadName(f"The label {key[:60]!r} is given twice.")
        else:
            labels[key] = unescape(value)
        at = term.end()
    return name, labels


def split_series(series: str) -> tuple[str, dict[str, str]]:
    """The name and the labels of a series. A text that is not in that form is a name without labels."""
    parts = SERIES.fullmatch(series)
    if parts is None:
        return series, {}
    try:
        quoted, labels = parse_labels(parts["labels"], restore_value)
    except ValueError:
        return series, {}
    return (parts["name"] or quoted, labels) if bool(parts["name"]) != bool(quoted) else (series, {})


def shorten_series_name(series: str, max_length: int = 120) -> str:
    """Shorten a name for a page. Labels at the end are cut."""
    return series if len(series) <= max_length else f"{series[: max_length - 2]}…{'}' if series.endswith('}') else ''}"


def guess_unit(name: str, counter: bool) -> str:
    """Guess the unit from Prometheus naming: ``_bytes``, ``_seconds``, and ``_total`` for counters."""
    metric = split_series(name)[0] if name.startswith("{") else name.partition("{")[0]
    for ending in ("_bucket", "_count"):
        if counter and metric.endswith(ending):  # they count, in any unit
            return Unit.PER_SECOND
    unit = UNITS.get(metric.removesuffix("_total").removesuffix("_sum").rpartition("_")[2], Unit.NUMBER)
    if not counter:
        return unit
    return Unit.BYTES_PER_SECOND if unit == Unit.BYTES else Unit.PER_SECOND
