"""The formats of pushed values: a number, lines, JSON, and the text formats of Prometheus.

The parsers return the values that they understand. They count the rest and keep the reasons.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

from monitor.metrics.ingest.names import BadName, format_series_name, split_series
from monitor.metrics.ingest.prometheus_text import Sample, TextReader, Unreadable, guess_counter, parse_sample_value
from monitor.metrics.ingest.refusals import Refusals

BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
CHARSETS = {"iso-8859-1", "iso-8859-15", "windows-1252", "gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr"}
QUOTED_NAME = re.compile(r'\{\s*(?:"(?:[^"\\]|\\.)*+"\s*[,}]|\w+\s*=)')  # a line of Prometheus 3 begins so, and no JSON


class Parsed(NamedTuple):
    samples: list[Sample]
    refusals: Refusals
    unwanted: int = 0  # with names that were not selected
    unwanted_names: Sequence[str] = ()  # some of those names


def decode_body_text(body: bytes, charset: str = "") -> str:
    """Use the byte order mark, then UTF-8, then the sender's charset. Invalid bytes become surrogates."""
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
    if charset.lower() in CHARSETS:
        try:
            return body.decode()
        except UnicodeDecodeError:
            return body.decode(charset, "replace")
    return body.decode("utf-8", "surrogateescape")


def parse_pushed_values(body: bytes, metric: str = "", charset: str = "") -> Parsed:
    """``metric`` is the name if it is in the URL. The body is then its value."""
    text, refusals = decode_body_text(body, charset).strip(), Refusals()
    if not text:
        refusals.add('The body is empty. Send a number, lines of "name value", JSON, or the format of Prometheus.')
        return Parsed([], refusals)
    if metric:
        return Parsed(list(read_value(metric, text, refusals)), refusals)
    if text.startswith("{") and not QUOTED_NAME.match(text):
        return Parsed(list(read_json(text, refusals)), refusals)
    return parse_text_format(text)


def parse_text_format(
    text: str, wants: Callable[[str], bool] | None = None, labels: Mapping[str, str] | None = None
) -> Parsed:
    """``wants`` and ``labels`` are those of :class:`TextReader`."""
    reader = TextReader(Refusals(), wants, labels)
    return Parsed(list(reader.read(text)), reader.refusals, reader.unwanted, reader.unwanted_names)


def read_value(metric: str, text: str, refusals: Refusals) -> Iterator[Sample]:
    """Read a number with an optional time."""
    try:
        if "\n" in text:
            raise Unreadable("Expected one number, since the name is in the URL.")
        for sample in TextReader(refusals).read_line(f"value {text}"):
            yield sample._replace(name=parse_series_name(metric), counter=guess_counter(metric))
    except (Unreadable, BadName) as error:
        refusals.add(str(error))


def read_json(text: str, refusals: Refusals) -> Iterator[Sample]:
    """Read ``{"name": 1.5}``. Python's decoder accepts NaN, so that one NaN does not refuse the other values."""
    try:
        values = json.loads(text, parse_int=float)
    except (ValueError, RecursionError) as error:
        refusals.add(f'Expected JSON like {{"name": 1.5}}: {error}.')
        return
    for key, value in values.items():
        try:
            yield Sample(parse_series_name(key), read_json_number(key, value), guess_counter(split_series(key)[0]))
        except (Unreadable, BadName) as error:
            refusals.add(str(error))


def parse_series_name(key: str) -> str:
    """Any text is a valid name, and so is a name with labels."""
    return format_series_name(*split_series(key))


def read_json_number(key: str, value: Any) -> float:
    if not isinstance(value, float) or not isfinite(value):
        raise Unreadable(f'Expected JSON like {{"name": 1.5}}: the value of {key[:60]!r} is not a number.')
    return parse_sample_value(repr(value))
