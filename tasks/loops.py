"""What each worker does without end besides running tasks, such as reading what is new."""

from collections.abc import Callable

Loop = Callable[[], float]  # does what is due; returns after how many seconds to call it again if nothing is committed

_makers: list[Callable[[], Loop]] = []


def add_worker_loop(make_loop: Callable[[], Loop]) -> None:
    """``make_loop`` makes the loop of one worker, which runs in a thread. Call it in the ``tasks.py`` of an app."""
    _makers.append(make_loop)


def make_worker_loops() -> list[Loop]:
    return [make_loop() for make_loop in _makers]
