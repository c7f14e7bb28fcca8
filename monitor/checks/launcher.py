"""Sets resource limits, drops privileges and executes the program. It runs as a file and imports nothing of the site.

``launcher.py TIMEOUT USER -- PROGRAM ARGUMENT…``. Python's ``preexec_fn`` is no alternative: it would run in the
forked child of a process with threads, where a lock can be held forever.
"""

import contextlib
import ctypes
import os
import pwd
import resource
import signal
import sys
from pathlib import Path

MAX_MEMORY = 2 * 1024**3  # bytes of address space
MAX_FILE_SIZE = 16 * 1024**2  # bytes of a written file
MAX_OPEN_FILES = 256  # open at once
MAX_PROCESSES = 64  # in addition to those of the user
# Options of prctl: no setuid program gains privileges, and the program ends with the thread that started it.
NO_NEW_PRIVS, DEATH_SIGNAL = 38, 1


def set_limit(resource_type: int, value: int) -> None:
    _soft, hard = resource.getrlimit(resource_type)
    most = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(resource_type, (most, most))


def count_processes(user: int) -> int:
    """Counts threads, too, as the kernel does."""
    count, proc = 0, Path("/proc")
    for entry in proc.iterdir() if proc.exists() else ():
        with contextlib.suppress(OSError):
            if entry.name.isdecimal() and entry.stat().st_uid == user:
                count += sum(1 for _thread in (entry / "task").iterdir())
    return count


def switch_user(name: str) -> None:
    entry = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def main(timeout: str, user: str, _dashes: str, *argv: str) -> None:
    os.umask(0o077)
    set_limit(resource.RLIMIT_CORE, 0)
    set_limit(resource.RLIMIT_CPU, int(float(timeout)) + 1)
    set_limit(resource.RLIMIT_AS, MAX_MEMORY)
    set_limit(resource.RLIMIT_FSIZE, MAX_FILE_SIZE)
    set_limit(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)
    if user:
        switch_user(user)
    set_limit(resource.RLIMIT_NPROC, count_processes(os.getuid()) + MAX_PROCESSES)
    with contextlib.suppress(AttributeError):  # only Linux has it
        prctl = ctypes.CDLL(None).prctl
        prctl(NO_NEW_PRIVS, 1, 0, 0, 0)
        prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    try:
        os.execvpe(argv[0], argv, os.environ)  # noqa: S606 - never a shell
    except OSError as error:
        sys.stderr.write(f"{argv[0]} can't be started: {error.strerror}\n")
        os._exit(127)


if __name__ == "__main__":
    main(*sys.argv[1:])
