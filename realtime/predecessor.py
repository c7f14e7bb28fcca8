"""Whether the process before this one was killed. A process that stops by itself removes its unix socket."""

import logging
import socket
import time
from contextlib import suppress
from pathlib import Path

from realtime.meters import meters

logger = logging.getLogger(__name__)


def is_listening(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1)
        return line.connect_ex(str(path)) == 0


def remove_leftovers(path: Path) -> None:
    """The socket of a killed process, and Twisted's lock: another process may have the pid in it by now."""
    if path.is_socket():
        meters.found_killed_at = time.time()
        logger.warning(
            "The process before this one at %s was killed. If memory was short, the kernel's log says so.", path
        )
    for leftover in (path, path.with_name(f"{path.name}.lock")):
        with suppress(FileNotFoundError):
            leftover.unlink()
