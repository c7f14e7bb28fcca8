"""Kills a process whose event loop has stopped; systemd, Docker or Kubernetes starts it again.

It counts as stopped after WATCHDOG_SECONDS of the settings.
"""

import faulthandler
import os
import signal
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("watchdog_process.py")
HEARTBEAT_INTERVAL = 1.0  # seconds
STOPS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}  # that a watchdog process ignores


class Watchdog:
    """Off with 0 seconds."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.process: subprocess.Popen[bytes] | None = None
        if seconds:
            faulthandler.register(signal.SIGUSR1)  # writes all stacks to stderr without the GIL
            self.start()

    def start(self) -> None:
        argv = [sys.executable, "-I", "-S", str(PROGRAM), str(os.getpid()), str(self.seconds)]
        environment = {"MYWEB_LOG_FORMAT": os.environ.get("MYWEB_LOG_FORMAT", "text")}
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # inherited: none comes before they are ignored
        try:
            self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, env=environment, bufsize=0)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        assert self.process.stdin
        os.set_blocking(self.process.stdin.fileno(), False)

    def beat(self) -> None:
        """A heartbeat. A watchdog process that has died is replaced; a full pipe is enough for one that is stopped."""
        if not self.process or not self.process.stdin:
            return
        try:
            self.process.stdin.write(b".")  # unbuffered; None where it would block
        except BrokenPipeError:
            self.process.stdin.close()
            self.process.wait()
            self.start()
