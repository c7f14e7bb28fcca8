"""When a task that failed is tried again, and when it is given up."""

from collections.abc import Callable
from functools import partial

from tasks.queue import ClaimedTask, fail_task, retry_task

# Defaults of a task. A task whose worker died is limited by MAX_CRASHES in tasks/queue.py.
MAX_TRIES = 5
PAUSES = (10.0, 60.0, 300.0, 1800.0)  # seconds
MAX_UNKNOWN_TRIES = len(PAUSES) + 1  # of a function that this release does not have: another worker may be newer


def choose_outcome(task: ClaimedTask, error: str, max_tries: int, pauses: tuple[float, ...]) -> Callable[[], None]:
    if task.failures >= max_tries:
        return partial(fail_task, task, error)
    return partial(retry_task, task, error, pauses[min(task.failures, len(pauses)) - 1])
