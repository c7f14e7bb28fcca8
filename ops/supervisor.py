"""Starts the parts of a site as forks of one process, and starts those again that end.

The code is loaded before, so the parts share the memory of it.
"""

import gc
import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from django.core.management.base import CommandError

logger = logging.getLogger(__name__)

STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}
SIGNALS = STOP_SIGNALS | {signal.SIGCHLD}
STOP_TIMEOUT = 25.0  # seconds; then parts are killed


@dataclass
class Part:
    name: str
    run: Callable[[], object]
    pause: float = 1.0  # seconds from its end to the next start
    repeats: bool = False  # ends when its work is done
    stops_last: bool = False
    pid: int = 0
    due: float = 0.0


class Supervisor:
    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts

    def run(self) -> None:
        """Until SIGTERM. Call it in a process without threads and connections: forks would share them."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        gc.collect()
        gc.freeze()  # a collection in a fork would write to the shared memory
        stopped = False
        while not stopped:
            self.start_due_parts()
            received = signal.sigtimedwait(SIGNALS, self.get_seconds_until_due())
            self.reap_parts()
            stopped = received is not None and received.si_signo in STOP_SIGNALS
        self.stop_parts()

    def start_due_parts(self) -> None:
        for part in self.parts:
            if not part.pid and part.due <= time.monotonic():
                part.pid = fork_part(part)

    def get_seconds_until_due(self) -> float:
        due = [part.due for part in self.parts if not part.pid]
        return max(0.0, min(due, default=time.monotonic() + 3600) - time.monotonic())

    def reap_parts(self) -> None:
        for part in self.parts:
            if not part.pid:
                continue
            pid, status = os.waitpid(part.pid, os.WNOHANG)
            if pid:
                signal_group(part, signal.SIGKILL)  # what it has started
                part.pid, part.due = 0, time.monotonic() + part.pause
                code = os.waitstatus_to_exitcode(status)
                if code or not part.repeats:
                    logger.log(
                        logging.WARNING if code else logging.INFO,
                        "%s has ended (%s)",
                        part.name,
                        f"signal {-code}" if code < 0 else f"exit status {code}",
                    )

    def stop_parts(self) -> None:
        """The last ones after all others, so that nginx passes on what a server sends at its end."""
        end = time.monotonic() + STOP_TIMEOUT
        for stops_last in (False, True):
            stage = [part for part in self.parts if part.stops_last == stops_last]
            for part in stage:
                signal_process(part, signal.SIGTERM)
            while any(part.pid for part in stage) and time.monotonic() < end:
                signal.sigtimedwait({signal.SIGCHLD}, 0.2)
                self.reap_parts()
            for part in stage:
                signal_group(part, signal.SIGKILL)


def fork_part(part: Part) -> int:
    """Returns the process id. The new process ends with the part."""
    if pid := os.fork():
        return pid
    status = 1
    try:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        part.run()
        status = 0
    except SystemExit as exit_:
        status = exit_.code if isinstance(exit_.code, int) else 1
    except CommandError as error:
        logger.error("%s: %s", part.name, error)
    except BaseException:
        logger.exception("%s has failed", part.name)
    finally:
        os._exit(status)


def signal_process(part: Part, number: signal.Signals) -> None:
    if part.pid:
        os.kill(part.pid, number)


def signal_group(part: Part, number: signal.Signals) -> None:
    if part.pid:
        with suppress(ProcessLookupError):  # it started nothing that lives
            os.killpg(part.pid, number)
