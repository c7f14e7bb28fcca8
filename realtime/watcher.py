"""Ends a process whose loop stands still: started as a file beside it, with nothing of the site.

``watcher.py PID SECONDS``. A byte on stdin is a sign of life, the end of stdin is the end of the process. It is a
process of its own, since any Python in the watched one needs the lock (GIL) that a stuck C function may hold.
"""

import json
import os
import select
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

TICK = 1.0  # seconds
DUMP = 0.5  # seconds for writing down the stacks
HALTED = set("TtD")  # stopped, under a debugger, waiting for a disk: its silence says nothing


def main(pid: int, seconds: int) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a stop is watched to its end
    if os.read(0, 1):  # until the first sign it starts, however long that takes
        watch(pid, seconds)


def watch(pid: int, seconds: int) -> None:
    """Ticks are counted, not the clock: a suspended machine, or a stop of either process, adds no more than one."""
    silent, used = 0, 0
    while silent < seconds:
        readable, _writable, _errors = select.select([0], [], [], TICK)
        if readable:
            if not os.read(0, 4096):
                return
            silent = 0
            continue
        before = used
        state, used = state_of(pid)
        if state in HALTED:
            silent = 0
        elif state != "R" or used != before:  # else it would run if the machine let it
            silent += 1
    end(pid, seconds)


def state_of(pid: int) -> tuple[str, int]:
    """As the kernel calls it, and the processor time used; see proc(5). Unknown where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "", 0
    return fields[0], int(fields[11]) + int(fields[12])


def end(pid: int, seconds: int) -> None:
    log(f"Process {pid} has not responded for {seconds} s and is killed. Its stacks follow.")
    os.kill(pid, signal.SIGUSR1)  # faulthandler answers without the lock
    time.sleep(DUMP)
    os.kill(pid, signal.SIGKILL)


def log(message: str) -> None:
    """A line like those of the site."""
    at = datetime.now(UTC)
    if os.environ.get("MYWEB_LOG_FORMAT") == "json":
        stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps({"time": stamp, "level": "ERROR", "logger": "realtime.watchdog", "message": message})
    else:
        line = f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03} ERROR realtime.watchdog: {message}"
    os.write(2, f"{line}\n".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
