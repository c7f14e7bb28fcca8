"""Processes that we own. A pid may be reused, so each is identified by its pid and its start time."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PAUSE = 0.05  # seconds between two polls


def wait_until(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(PAUSE)
    return True


def read_stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name: state, parent, ...; empty if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


@dataclass(frozen=True)
class OwnedProcess:
    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "OwnedProcess | None":
        fields = read_stat(pid)
        return cls(pid, fields[19]) if fields else None

    @classmethod
    def read(cls, path: Path) -> "OwnedProcess | None":
        """The process of a pid file, unless it has ended."""
        try:
            pid, started = path.read_text(encoding="utf-8").split()
        except (OSError, ValueError):
            return None
        process = cls(int(pid), started)
        return process if process.alive() else None

    def note(self, path: Path) -> None:
        path.write_text(f"{self.pid} {self.started}\n", encoding="utf-8")

    def alive(self) -> bool:
        fields = read_stat(self.pid)
        return bool(fields) and fields[19] == self.started and fields[0] != "Z"

    def family(self) -> "list[OwnedProcess]":
        """This process and all its descendants."""
        children: dict[int, list[int]] = {}
        for pid in list_pids():
            fields = read_stat(pid)
            if fields:
                children.setdefault(int(fields[1]), []).append(pid)
        found, rest = [], [self.pid]
        while rest:
            pid = rest.pop()
            rest += children.get(pid, [])
            found.append(OwnedProcess.of(pid))
        return [process for process in found if process]

    def signal(self, number: signal.Signals) -> None:
        if self.alive():
            os.kill(self.pid, number)


def list_pids() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def start_process(argv: list[str], log: Path, environment: Mapping[str, str], user: str | None) -> OwnedProcess:
    """Starts it in its own session, so that neither a closed terminal nor Ctrl-C stops it."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=[] if user else None,
        )
    process = OwnedProcess.of(child.pid)
    assert process, "a child that was not waited for is always listed"
    return process


def stop_process(process: OwnedProcess, polite: signal.Signals, seconds: float) -> bool:
    """Sends a signal, waits, and kills what remains. False if it had to be killed."""
    family = process.family()
    process.signal(polite)
    obeyed = wait_until(lambda: not process.alive(), seconds)
    kill_processes(family)
    return obeyed


def kill_processes(family: list[OwnedProcess]) -> None:
    """Kills all of them and waits until they are gone: a database does not start while its old processes run."""
    for process in family:
        process.signal(signal.SIGKILL)
    wait_until(lambda: not any(process.alive() for process in family), 10)
