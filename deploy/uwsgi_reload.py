"""``python -m deploy.uwsgi_reload FIFO STATS`` starts a chain reload of uWSGI and waits until all workers are new.

The other workers keep serving. A worker that cannot import the new code is restarted; the rest keep the old code.
"""

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

TIMEOUT = 120  # seconds
TRIES = 3  # restarts of a worker after which its code counts as broken


class ReloadTimeout(Exception):
    """Not all workers were replaced; the text says where to look."""


def read_statistics(address: str) -> dict[str, Any]:
    """uWSGI's statistics from ``host:port`` or a unix socket."""
    where: Any = address
    family = socket.AF_UNIX
    if not address.startswith("/"):
        host, _colon, port = address.rpartition(":")
        family, where = socket.AF_INET, (host, int(port))
    with socket.socket(family) as connection:
        connection.settimeout(5)
        connection.connect(where)
        statistics: dict[str, Any] = json.loads(b"".join(iter(lambda: connection.recv(65536), b"")))
    return statistics


def write_command(fifo: Path, letter: str) -> None:
    """Raises OSError if no uWSGI reads it. Without O_NONBLOCK this would block forever."""
    with os.fdopen(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK), "w") as pipe:
        pipe.write(letter)


def replace_workers(fifo: Path, address: str, timeout: float = TIMEOUT) -> None:
    before = {worker["id"]: worker for worker in read_statistics(address)["workers"]}
    end = time.monotonic() + timeout
    write_command(fifo, "c")
    while True:
        now = read_statistics(address)["workers"]
        if all(worker["pid"] != before[worker["id"]]["pid"] and worker["apps"] for worker in now):
            return
        if any(worker["respawn_count"] > before[worker["id"]]["respawn_count"] + TRIES for worker in now):
            raise ReloadTimeout("A uWSGI worker can't import the new code: see its log.")
        if time.monotonic() > end:
            raise ReloadTimeout(f"uWSGI has not exchanged all workers within {timeout:.0f} s: see its log.")
        time.sleep(0.1)


if __name__ == "__main__":
    try:
        replace_workers(Path(sys.argv[1]), sys.argv[2])
    except (ReloadTimeout, OSError) as error:
        sys.exit(f"deploy.uwsgi_reload: {error}")
