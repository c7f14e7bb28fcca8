"""Whoever runs a loop tells each second that it turns; if it stands, the process is ended, and started again by
systemd, Docker or Kubernetes.
"""

import faulthandler
import os
import signal
import subprocess
import sys
from pathlib import Path

WATCHER = Path(__file__).with_name("watcher.py")
BEAT = 1.0  # seconds between two signs of life


class Watchdog:
    """Off with 0 seconds."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.process: subprocess.Popen[bytes] | None = None
        if seconds:
            faulthandler.register(signal.SIGUSR1)  # writes the stacks of all threads to stderr, whoever holds the GIL
            self.start()

    def start(self) -> None:
        argv = [sys.executable, "-I", "-S", str(WATCHER), str(os.getpid()), str(self.seconds)]
        environment = {"MYWEB_LOG_FORMAT": os.environ.get("MYWEB_LOG_FORMAT", "text")}
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, env=environment, bufsize=0)
        assert self.process.stdin
        os.set_blocking(self.process.stdin.fileno(), False)

    def beat(self) -> None:
        """A sign of life. A watcher that has died is replaced; one that is stopped has signs enough."""
        if not self.process or not self.process.stdin:
            return
        try:
            self.process.stdin.write(b".")  # without a buffer; None where it would block
        except BrokenPipeError:
            self.process.stdin.close()
            self.process.wait()
            self.start()
