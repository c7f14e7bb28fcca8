"""Requests that nginx served, from a log without addresses, names or queries: see deploy/nginx.

nginx writes the log while the file ``.on`` beside it exists, that is while a collector reads. The log is truncated
after reading, so that it stays small.
"""

import atexit
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from monitor.metrics.readings import Reading, Unit

MAX_LOG_SIZE = 1024 * 1024  # bytes of the log before it is truncated
MAX_READ = 4 * 1024 * 1024  # bytes to read in one tick; of more, the newest
PERCENTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


class RequestLogReader:
    """``read`` returns the lines since the last call, and nothing on the first one."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.switch = self.path.with_name(f"{self.path.name}.on")
        self.offset: int | None = None  # bytes that were read
        self.read_at = 0.0

    def read(self, at: float) -> Iterator[Reading]:
        is_first, since = self.offset is None, self.read_at
        lines, self.read_at = self.read_lines(), at
        if not is_first and at > since:
            yield from get_request_readings(lines, at - since)

    def read_lines(self) -> list[list[str]]:
        if not self.switch.exists():
            self.switch.touch()
            atexit.register(self.switch.unlink, missing_ok=True)
        if not self.path.exists():
            self.offset = self.offset or 0
            return []
        size = self.path.stat().st_size
        if self.offset is None:
            self.offset = size
        offset = max(self.offset if self.offset <= size else 0, size - MAX_READ)
        with self.path.open("rb") as log:
            log.seek(offset)
            text = log.read(MAX_READ)
        complete = text[: text.rfind(b"\n") + 1]
        self.offset = offset + len(complete)
        if self.offset > MAX_LOG_SIZE and len(complete) == len(text):
            with suppress(OSError):  # a line written at this moment is lost, once per megabyte
                os.truncate(self.path, 0)
                self.offset = 0
        return [line.split() for line in complete.decode("ascii", "replace").splitlines()]


def get_request_readings(lines: list[list[str]], seconds: float) -> Iterator[Reading]:
    """Parse lines such as ``200 0.004 0.003 page``. The line of a socket comes when it closes."""
    valid = [line for line in lines if len(line) >= 4 and line[0].isdecimal()]
    classes = Counter(f"{line[0][0]}xx" for line in valid)
    kinds = Counter(line[-1] for line in valid)
    for name in ("2xx", "3xx", "4xx", "5xx"):
        yield Reading(f"status.{name}", classes[name] / seconds, Unit.PER_SECOND)
    yield Reading("status.499", sum(line[0] == "499" for line in valid) / seconds, Unit.PER_SECOND)
    for name in ("page", "static", "ws"):
        yield Reading(f"kind.{name}", kinds[name] / seconds, Unit.PER_SECOND)
    pages = [line for line in valid if line[-1] == "page"]
    yield from get_time_percentiles("time", [parse_seconds(line[1]) for line in pages])
    yield from get_time_percentiles("upstream", [parse_seconds(line[-2]) for line in pages if line[-2] != "-"])


def parse_seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def get_time_percentiles(name: str, values: list[float]) -> Iterator[Reading]:
    if values:
        values.sort()
        for label, part in PERCENTILES:
            yield Reading(f"{name}.{label}", values[int(part * (len(values) - 1))], Unit.SECONDS)
