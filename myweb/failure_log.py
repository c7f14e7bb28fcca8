"""Logs failures that repeat: the first at once, then one line a minute, and their end with its length."""

import logging
import time
from threading import Lock
from typing import NamedTuple

REPEAT_SECONDS = 60.0  # between two lines about the same failure
MAX_FAILING = 1_000  # names that are remembered; the oldest is forgotten


class Failing(NamedTuple):
    since: float  # monotonic, as all times here
    logged_at: float
    times: int


class FailureLog:
    """One for a module. A name says what failed: "The tick". Any thread may call."""

    def __init__(self, logger: logging.Logger) -> None:
        self.logger = logger
        self.failing: dict[str, Failing] = {}
        self.lock = Lock()

    def record_failure(self, name: str, error: object, *, exc_info: bool = False) -> None:
        """``exc_info`` adds the traceback to the first line."""
        now = time.monotonic()
        with self.lock:
            known = self.failing.get(name)
            begun, count = known.since if known else now, known.times + 1 if known else 1
            is_due = known is None or now - known.logged_at >= REPEAT_SECONDS
            self.failing[name] = Failing(begun, now if known is None or is_due else known.logged_at, count)
            if len(self.failing) > MAX_FAILING:
                del self.failing[next(iter(self.failing))]
        if known is None:
            self.logger.warning("%s failed: %s", name, error, exc_info=exc_info)
        elif is_due:
            self.logger.warning("%s still fails after %.0f s (%d times): %s", name, now - begun, count, error)

    def record_success(self, name: str) -> None:
        """Costs a look into a dict while nothing fails."""
        if name not in self.failing:
            return
        with self.lock:
            known = self.failing.pop(name, None)
        if known:
            span = time.monotonic() - known.since
            self.logger.warning("%s works again after %.0f s; it had failed %d times.", name, span, known.times)
