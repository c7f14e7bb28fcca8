"""The progress of a backup or a restore, as lines of text."""

import time
from collections.abc import Callable, Mapping

from myweb.formats import format_duration


class Progress:
    """Writes a line at most once a second, with totals if they are known."""

    def __init__(self, write_line: Callable[[str], object], totals: Mapping[str, int] | None = None) -> None:
        self.write_line, self.totals = write_line, totals or {}
        self.written_at = self.begun = time.monotonic()
        self.rows: dict[str, int] = {}

    def __call__(self, table: str, count: int) -> None:
        self.rows[table] = count
        if time.monotonic() - self.written_at >= 1:
            total = f" of {self.totals[table]}" if table in self.totals else ""
            self.report_step(f"{table}: {count}{total} rows")

    def report_step(self, text: str) -> None:
        self.written_at = time.monotonic()
        self.write_line(text)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def summary(self) -> str:
        return f"{sum(self.rows.values())} rows in {format_duration(self.seconds)}"
