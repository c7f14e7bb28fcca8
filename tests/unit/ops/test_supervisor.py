"""Parts of a site as forks of one process: their restarts and their end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.wire import reached

ROOT = Path(__file__).parents[3]
# Each part appends its name to a file; what it does then is in its name.
SCRIPT = """
import logging, os, signal, sys, time
from ops.supervisor import Part, Supervisor
logging.basicConfig(level=logging.INFO)
def run(name):
    def stop(*_):
        write("-" + name)
        sys.exit(0)
    if "waits" in name:
        signal.signal(signal.SIGTERM, stop)
    write(name)
    while "waits" in name:
        time.sleep(60)
    if "fails" in name:
        raise ValueError(name)
def write(word):
    with open(sys.argv[1], "a") as file:
        file.write(f"{word} {os.getpid()}\\n")
def part(name, **more):
    return Part(name, lambda: run(name), pause=0.05, **more)
Supervisor([part("waits"), part("waits last", stops_last=True), part("fails"), part("repeats", repeats=True)]).run()
"""


class Running:
    def __init__(self, file: Path) -> None:
        self.file = file
        argv = [sys.executable, "-c", SCRIPT, str(file)]
        self.process = subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.PIPE, text=True)

    def lines(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []

    def pids(self, name: str) -> list[int]:
        return [int(line.rpartition(" ")[2]) for line in self.lines() if line.rpartition(" ")[0] == name]

    def stop(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=30)[1]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "lines")
    yield running
    running.process.kill()
    running.process.communicate()


async def test_a_part_that_ends_is_started_again_and_an_error_is_logged(running: Running) -> None:
    await reached(lambda: len(running.pids("fails")) > 1 and len(running.pids("repeats")) > 1, "the restarts", 30)
    log = running.stop()
    assert "ValueError: fails" in log
    assert "fails has ended (exit status 1)" in log
    assert "repeats has ended" not in log


async def test_a_killed_part_is_started_again(running: Running) -> None:
    await reached(lambda: running.pids("waits"), "the start", 30)
    os.kill(running.pids("waits")[0], signal.SIGKILL)
    await reached(lambda: len(running.pids("waits")) == 2, "the restart", 30)
    assert "waits has ended (signal 9)" in running.stop()


async def test_sigterm_ends_all_parts_and_nginx_last(running: Running) -> None:
    await reached(lambda: running.pids("waits") and running.pids("waits last"), "the start", 30)
    running.stop()
    assert running.process.returncode == 0
    ends = [line.rpartition(" ")[0] for line in running.lines() if line.startswith("-")]
    assert ends == ["-waits", "-waits last"]
