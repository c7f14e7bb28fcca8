"""Kills a process whose event loop has stopped. Run as a file beside it, without importing the site.

``watchdog_process.py PID SECONDS``. A byte on stdin is a heartbeat; the end of stdin is the end of the
watched process. A thread would not do: a stuck C function may hold the GIL.
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
DUMP = 0.5  # seconds to write the stacks
HALTED = set("TtD")  # stopped, traced, waiting for a disk: no heartbeat is expected


def main(pid: int, seconds: int) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # keeps watching during shutdown
    if os.read(0, 1):  # startup may take any time
        watch_process(pid, seconds)


def watch_process(pid: int, seconds: int) -> None:
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
        state, used = read_process_state(pid)
        if state in HALTED:
            silent = 0
        elif state != "R" or used != before:  # else it waits for a processor
            silent += 1
    kill_process(pid, seconds)


def read_process_state(pid: int) -> tuple[str, int]:
    """As the kernel calls it, and the processor time used; see proc(5). Unknown where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "", 0
    return fields[0], int(fields[11]) + int(fields[12])


def kill_process(pid: int, seconds: int) -> None:
    write_log_line(f"Process {pid} has not responded for {seconds} s and is killed. Its stacks follow.")
    os.kill(pid, signal.SIGUSR1)  # faulthandler answers without the lock
    time.sleep(DUMP)
    os.kill(pid, signal.SIGKILL)


def write_log_line(message: str) -> None:
    """In the log format of the site."""
    at = datetime.now(UTC)
    if os.environ.get("MYWEB_LOG_FORMAT") == "json":
        stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps({"time": stamp, "level": "ERROR", "logger": "realtime.watchdog", "message": message})
    else:
        line = f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03} ERROR realtime.watchdog: {message}"
    os.write(2, f"{line}\n".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
