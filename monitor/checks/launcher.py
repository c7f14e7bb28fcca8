"""Sets limits for itself, drops what it may, and becomes the program: started as a file, with nothing of the site.

``launcher.py TIMEOUT USER -- PROGRAM ARGUMENT…``. Python's ``preexec_fn`` would run in the forked child of a process
with threads, where a lock may be held for ever.
"""

import contextlib
import ctypes
import os
import pwd
import resource
import signal
import sys
from pathlib import Path

MEMORY = 2 * 1024**3  # bytes of address space
FILE = 16 * 1024**2  # bytes of a file that it writes
FILES = 256  # open at once
PROCESSES = 64  # more than this user has already
# Of prctl. No setuid program makes it more than it is, and it ends with the thread that started it.
NO_NEW_PRIVS, DEATH_SIGNAL = 38, 1


def limit(what: int, value: int) -> None:
    _soft, hard = resource.getrlimit(what)
    most = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (most, most))


def processes_of(user: int) -> int:
    """Threads, too: the kernel counts them all."""
    count, here = 0, Path("/proc")
    for each in here.iterdir() if here.exists() else ():
        with contextlib.suppress(OSError):
            if each.name.isdecimal() and each.stat().st_uid == user:
                count += sum(1 for _thread in (each / "task").iterdir())
    return count


def become(name: str) -> None:
    person = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(person.pw_gid)
    os.setuid(person.pw_uid)


def main(timeout: str, user: str, _dashes: str, *argv: str) -> None:
    os.umask(0o077)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_CPU, int(float(timeout)) + 1)
    limit(resource.RLIMIT_AS, MEMORY)
    limit(resource.RLIMIT_FSIZE, FILE)
    limit(resource.RLIMIT_NOFILE, FILES)
    if user:
        become(user)
    limit(resource.RLIMIT_NPROC, processes_of(os.getuid()) + PROCESSES)
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
