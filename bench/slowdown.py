"""Holds servers to a part of a core, as a smaller machine would: stops them for most of each 20 ms.

Signals do it on every machine and without root. A quota of a cgroup does the same with 100 ms, but needs both.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PERIOD = 0.02  # seconds
FIND_EVERY = 25  # periods; a process may start others


@contextmanager
def held(list_pids: Callable[[], list[int]], factor: float) -> Iterator[None]:
    """They run for 1 / ``factor`` of the time. Nothing happens with 1."""
    if factor <= 1:
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=alternate, args=(list_pids, factor, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def alternate(list_pids: Callable[[], list[int]], factor: float, ended: threading.Event) -> None:
    with contextlib.suppress(OSError):  # punctual beside a busy client, where that is allowed
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), -10)
    pids: list[int] = []
    period = 0
    while not ended.is_set():
        if period % FIND_EVERY == 0:
            pids = list_pids()
        period += 1
        send(pids, signal.SIGSTOP)
        time.sleep(PERIOD * (1 - 1 / factor))
        send(pids, signal.SIGCONT)
        time.sleep(PERIOD / factor)


def send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
