"""A path in a JSON document, ``checks.0.state`` or ``$.checks[0]["a.b"]``, and comparison of its value with text."""

import json
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

STEP = re.compile(
    r"""(?:\A|\.)(?P<name>[^.\[\]"'*?()\s](?:[^.\[\]"'*?()]*[^.\[\]"'*?()\s])?)"""
    r"""|\[(?P<index>-?\d{1,9})\]|\[(?P<quote>["'])(?P<key>[^"'\[\]]+)(?P=quote)\]"""
)


class BadPath(ValueError):
    pass


def parse_path(path: str) -> list[str]:
    """Raises :class:`BadPath`."""
    rest = re.sub(r"\A\$(?:\.(?!\.)|(?=\[))", "", path.strip())
    steps, at = list[str](), 0
    while at < len(rest):
        step = STEP.match(rest, at) if at else STEP.match(rest)
        if step is None:
            raise BadPath(path)
        steps.append(step["name"] or step["index"] or step["key"])
        at = step.end()
    if not steps or steps == ["$"]:
        raise BadPath(path)
    return steps


def split_path(path: str) -> list[str]:
    """Accepts paths that were stored before they were validated."""
    try:
        return parse_path(path)
    except BadPath:
        return path.split(".")


def load_json(text: str) -> Any:
    """Keeps all digits of numbers. Raises :class:`ValueError` or :class:`RecursionError`."""
    return json.loads(text, parse_float=Decimal, parse_constant=refuse_constant)


def refuse_constant(name: str) -> Any:
    raise ValueError(name)


def find_json_value(document: Any, steps: Sequence[str]) -> Any:
    """Raises :class:`LookupError`."""
    for step in steps:
        if isinstance(document, list) and re.fullmatch(r"-?\d+", step):
            document = document[int(step)]
        elif isinstance(document, dict):
            document = document[step]
        else:
            raise KeyError(step)
    return document


def equals_text(value: Any, expected: str) -> bool:
    """Compares numbers as numbers, strings with or without quotation marks, and other values as JSON."""
    if value == expected:
        return True
    if is_json_number(value):
        return bool(parse_decimal(expected) == value)
    try:
        other = load_json(expected)
    except (ValueError, RecursionError):
        return False
    return same_json(value, other)


def same_json(value: Any, other: Any) -> bool:
    """``True == 1`` in Python, but not in JSON."""
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(same_json, value, other))
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(same_json(value[key], other[key]) for key in value)
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


def is_json_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def parse_decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def format_json_value(value: Any) -> str:
    return str(value) if isinstance(value, str | Decimal) else json.dumps(value, ensure_ascii=False, default=str)
