"""Processes that can be made to stand still: from outside, without a way to do so in the site itself."""

from pathlib import Path

# Read by Python before anything of the site. What the file says is done in a thread: it holds the lock of all Python
# code (GIL) in a C function, or has the event loop wait. In uWSGI it is the workers that stand, not their master.
SITECUSTOMIZE = """
import ctypes, os, re, sys, threading, time
def wait():
    while not os.path.exists({sign!r}):
        time.sleep(0.02)
    kind = open({sign!r}).read()
    try:
        os.unlink({sign!r})  # the process that comes after this one does not stand
    except OSError:
        pass
    if kind == "pattern":
        re.match("(a|a)+$", "a" * 60 + "b")
    elif kind == "deadlock":
        mutex = ctypes.create_string_buffer(64)
        for _time in range(2):
            ctypes.PyDLL(None).pthread_mutex_lock(mutex)
    else:
        from realtime import hub
        for loop in list(hub._hubs):
            loop.call_soon_threadsafe(time.sleep, 600)
def begin():
    threading.Thread(target=wait, daemon=True, name="stall").start()
if os.readlink("/proc/self/exe").endswith("/uwsgi"):
    os.register_at_fork(after_in_child=begin)
else:
    begin()
"""
KINDS = ("pattern", "deadlock", "loop")  # with the processor, without it, and with the lock free


class Stall:
    def __init__(self, folder: Path, sign: Path | None = None) -> None:
        """``sign`` where the process sees another folder than this one does."""
        self.sign = sign or folder / "stall"
        (folder / "sitecustomize.py").write_text(SITECUSTOMIZE.format(sign=str(self.sign)))
        self.environment = {"PYTHONPATH": str(folder)}

    def begin(self, kind: str) -> None:
        """In one step: it may be read at any time."""
        fresh = self.sign.with_suffix(".new")
        fresh.write_text(kind)
        fresh.rename(self.sign)
