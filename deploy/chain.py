"""``python -m deploy.chain FIFO STATS`` starts a chain reload of uWSGI and waits until all workers are new.

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


class Stuck(Exception):
    """Not all workers were replaced; the text says where to look."""


def statistics(address: str) -> dict[str, Any]:
    """uWSGI's statistics from ``host:port`` or a unix socket."""
    where: Any = address
    family = socket.AF_UNIX
    if not address.startswith("/"):
        host, _colon, port = address.rpartition(":")
        family, where = socket.AF_INET, (host, int(port))
    with socket.socket(family) as line:
        line.settimeout(5)
        line.connect(where)
        told: dict[str, Any] = json.loads(b"".join(iter(lambda: line.recv(65536), b"")))
    return told


def order(fifo: Path, letter: str) -> None:
    """Raises OSError if no uWSGI reads it. Without O_NONBLOCK this would block forever."""
    with os.fdopen(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK), "w") as line:
        line.write(letter)


def exchange(fifo: Path, address: str, timeout: float = TIMEOUT) -> None:
    before = {each["id"]: each for each in statistics(address)["workers"]}
    end = time.monotonic() + timeout
    order(fifo, "c")
    while True:
        now = statistics(address)["workers"]
        if all(each["pid"] != before[each["id"]]["pid"] and each["apps"] for each in now):
            return
        if any(each["respawn_count"] > before[each["id"]]["respawn_count"] + TRIES for each in now):
            raise Stuck("A uWSGI worker can't import the new code: see its log.")
        if time.monotonic() > end:
            raise Stuck(f"uWSGI has not exchanged all workers within {timeout:.0f} s: see its log.")
        time.sleep(0.1)


if __name__ == "__main__":
    try:
        exchange(Path(sys.argv[1]), sys.argv[2])
    except (Stuck, OSError) as error:
        sys.exit(f"deploy.chain: {error}")
