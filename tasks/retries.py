"""When a task that failed, or whose worker died, is tried again, and when it is given up."""

from datetime import timedelta

# Defaults of a task.
MAX_TRIES = 5
PAUSES = (10.0, 60.0, 300.0, 1800.0)  # seconds
MAX_UNKNOWN_TRIES = len(PAUSES) + 1  # of a function that this release does not have: another worker may be newer
MAX_CRASHES = 3  # a task that has killed its worker so often is set aside
CRASH_PAUSE = timedelta(seconds=2)  # between the tasks of one dead worker: it may have died of only one of them


def choose_pause(failures: int, max_tries: int, pauses: tuple[float, ...]) -> float | None:
    """Seconds until the next try; None: it is given up."""
    return None if failures >= max_tries else pauses[min(failures, len(pauses)) - 1]
