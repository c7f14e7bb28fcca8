"""Names of series that come from outside: ``name{a="b",c="d"}``, labels in the order of their names."""

import re
from collections.abc import Mapping

from monitor.metrics import Unit

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:/-]*")
LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
LONGEST = 200  # characters, labels and all
UNITS = {"bytes": Unit.BYTES, "seconds": Unit.SECONDS, "percent": Unit.PERCENT}


class BadName(ValueError):
    """The text is a sentence for a person."""


def canonical(name: str, labels: Mapping[str, str] | None = None) -> str:
    if not NAME.fullmatch(name):
        raise BadName(f"{name[:60]!r} is no name: letters, digits and _ . : / - and a letter first.")
    for label in labels or ():
        if not LABEL.fullmatch(label):
            raise BadName(f"{label[:60]!r} is no name of a label.")
    inside = ",".join(f'{label}="{escaped(value)}"' for label, value in sorted((labels or {}).items()))
    whole = f"{name}{{{inside}}}" if inside else name
    if len(whole) > LONGEST:
        raise BadName(f"The name {whole[:60]}… is longer than {LONGEST} characters.")
    if not whole.isprintable():
        raise BadName(f"The labels of {name[:60]} hold characters that cannot be printed.")
    return whole


def escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def unit(name: str, counter: bool) -> str:
    """What Prometheus' names tell: ``_bytes``, ``_seconds``, and ``_total`` for what only grows."""
    found = UNITS.get(name.partition("{")[0].removesuffix("_total").rpartition("_")[2], Unit.NUMBER)
    if not counter:
        return found
    return Unit.BYTES_PER_SECOND if found == Unit.BYTES else Unit.PER_SECOND
