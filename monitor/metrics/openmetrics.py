"""Writes gauges in the text format of Prometheus or as OpenMetrics, under names valid in both.

Labels keep their values. Characters outside ASCII become ``u6e29_`` in names, so that names stay distinct.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from monitor.metrics.ingest.names import split_series
from monitor.metrics.readings import Unit

TEXT_FORMAT, OPENMETRICS_FORMAT = (
    "text/plain; version=0.0.4; charset=utf-8",
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
)
INVALID_CHARACTER = re.compile(r"[^a-zA-Z0-9_]")
CAMEL_CASE_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
COUNTER_SUFFIXES = ("_total", "_count", "_sum", "_bucket")  # suffixes of counters, histograms and summaries
RATES = {Unit.PER_SECOND, Unit.BYTES_PER_SECOND}
RESERVED_LABELS = {"le", "quantile"}  # labels of histograms and summaries
UNITS = ("bytes", "seconds", "ratio")  # suffixes of names for which a unit is declared
DAY = 86_400  # seconds; the base unit of Prometheus for time is the second

Labels = Mapping[str, str]


class MetricFamilies:
    """Samples by metric name, in the order of arrival. Two samples with the same name and labels are both kept."""

    def __init__(self) -> None:
        self.help: dict[str, str] = {}
        self.samples: dict[str, list[str]] = {}
        self.seen: set[str] = set()

    def add(self, name: str, help_text: str, labels: Labels, value: float, unique: str = "") -> None:
        """``unique`` becomes the label ``series`` if the name and labels exist already."""
        sample = f"{name}{write_labels(labels)}"
        if sample in self.seen:
            sample = f"{name}{write_labels(sanitize_labels({**labels, 'series': unique}))}"
        self.seen.add(sample)
        self.help.setdefault(name, help_text)
        self.samples.setdefault(name, []).append(f"{sample} {value!r}")

    def add_series(self, source: str, series: str, unit: str, value: float) -> None:
        base, labels = split_series(series)
        if base == series:  # perhaps one of ours, such as "disk.full /"
            base, _space, of = base.partition(" ")
            labels = {"of": of} if of else {}
        if base.endswith(".days"):
            base, unit, value = f"{base.removesuffix('days')}seconds", Unit.SECONDS, value * DAY
        name = write_name(source, base, is_rate=unit in RATES)
        help_text = f"{base} of {source}" + (f", in {unit}" if unit else "")
        self.add(name, help_text, sanitize_labels(labels), value, f"{source}.{series}")

    def lines(self, *, as_openmetrics: bool) -> Iterator[str]:
        for name, samples in self.samples.items():
            yield f"# HELP {name} {escape_exposition(self.help[name], quotes=as_openmetrics)}"
            yield f"# TYPE {name} gauge"
            unit = name.rpartition("_")[2]
            if as_openmetrics and unit in UNITS:
                yield f"# UNIT {name} {unit}"
            yield from samples
        if as_openmetrics:
            yield "# EOF"

    def text(self, *, as_openmetrics: bool) -> str:
        return "".join(f"{line}\n" for line in self.lines(as_openmetrics=as_openmetrics))


def escape_exposition(text: str, *, quotes: bool = True) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quotes else text


def sanitize_name(name: str) -> str:
    """Replace the characters that Prometheus names can't have."""
    return INVALID_CHARACTER.sub(lambda match: "_" if match[0].isascii() else f"u{ord(match[0]):x}_", name)


def write_name(source: str, base: str, *, is_rate: bool) -> str:
    """Name a rate after its counter: a gauge must not have a suffix of other types."""
    name = re.sub(
        r"__+", "_", CAMEL_CASE_BOUNDARY.sub("_", f"myweb_{sanitize_name(source)}_{sanitize_name(base)}")
    ).lower()
    if not name.endswith(COUNTER_SUFFIXES):
        return name
    return f"{name.removesuffix('_total')}_per_second" if is_rate else f"{name}_value"


def sanitize_labels(labels: Labels) -> dict[str, str]:
    """Drop empty labels, which Prometheus treats as missing."""
    sanitized: dict[str, str] = {}
    for label, value in labels.items():
        if not value:
            continue
        name = sanitize_name(label)
        if name in RESERVED_LABELS or name.startswith("__") or not re.match("[a-zA-Z_]", name):
            name = f"exported_{name.lstrip('_')}"
        while name in sanitized:
            name += "_"
        sanitized[name] = value
    return sanitized


def write_labels(labels: Labels) -> str:
    pairs = ",".join(f'{name}="{escape_exposition(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def accepts_openmetrics(accepted: Iterable[str]) -> bool:
    return any(
        media_type.partition(";")[0].strip().lower() == "application/openmetrics-text" for media_type in accepted
    )
