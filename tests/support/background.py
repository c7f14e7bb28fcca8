"""Tasks that tests run, which append lines to a file, and the worker as a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.stack.process import wait_until
from tasks.backend import task
from tests.support.serving import ROOT, environment

TIMEOUT = 120.0


@task()
def write_line(path: str, line: str) -> None:
    with Path(path).open("a") as file:
        file.write(f"{line}\n")  # one write of a short line, so that those of several threads do not mix


@task()
def note_start(path: str, enqueued: float) -> None:
    write_line.func(path, json.dumps([enqueued, time.time()]))


@task(max_tries=3, pauses=(1.0, 2.0))
def fail(path: str, line: str) -> None:
    write_line.func(path, line)
    raise ValueError("no such mailbox")


@task()
def kill_own_worker(path: str, line: str) -> None:
    write_line.func(path, line)
    os.kill(os.getpid(), signal.SIGKILL)


@task(max_seconds=0.5)
def hang(path: str, line: str) -> None:
    write_line.func(path, line)
    wait_until(lambda: False, TIMEOUT)


@task()
def wait_for_file(path: str, line: str) -> None:
    """Ends when a file is there whose name is the line."""
    write_line.func(path, line)
    wait_until(Path(path).with_name(line).exists, TIMEOUT)
    write_line.func(path, f"{line} ended")


def read_lines(path: Path) -> Counter[str]:
    return Counter(path.read_text().splitlines()) if path.exists() else Counter()


def wait_for(condition: Callable[[], bool], log: Path | None = None) -> None:
    assert wait_until(condition, TIMEOUT), log and log.read_text()


class WorkerProcess:
    def __init__(self, log: Path, *arguments: str, **more: str) -> None:
        """``more`` stands in its environment."""
        argv = [sys.executable, "manage.py", "worker", *arguments]
        with log.open("ab") as file:
            self.process = subprocess.Popen(argv, cwd=ROOT, env=environment() | more, stdout=file, stderr=file)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(TIMEOUT)


@contextmanager
def worker(log: Path, *arguments: str, **more: str) -> Iterator[WorkerProcess]:
    process = WorkerProcess(log, *arguments, **more)
    try:
        yield process
    finally:
        process.kill()
