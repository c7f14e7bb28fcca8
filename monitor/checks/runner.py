"""Runs one command for the site as a user without its secrets. It uses only the standard library and no settings.

``runner.py`` serves the connection on its standard input (systemd, ``Accept=yes``). ``runner.py PATH`` listens on a
socket and starts itself for each connection. A request is a line of JSON, ``{"argv": [...], "timeout": 30}``, with the
descriptors of stdout and stderr. Each following byte is a signal number. The end of the connection means SIGKILL.
The response is a line with the return code, negative for a signal.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}
MAX_REQUEST = 256 * 1024  # bytes
MAX_TIMEOUT = 600.0  # seconds; the upper limit of a command's own timeout
MARGIN = 5.0  # seconds after the timeout until the client is ignored
MAX_PROCESSES = 16
SIGNALS = {int(signal.SIGTERM), int(signal.SIGKILL)}


def receive_request(connection: socket.socket) -> tuple[list[str], float, list[int]]:
    """Raises :class:`ValueError` unless the request is complete and has two descriptors."""
    connection.settimeout(MARGIN)
    data, descriptors, _flags, _address = socket.recv_fds(connection, 65536, 2)
    while not data.endswith(b"\n"):
        part = connection.recv(65536)
        data += part
        if not part or len(data) > MAX_REQUEST:
            raise ValueError("incomplete request")
    request = json.loads(data)
    argv, timeout = request["argv"], min(float(request["timeout"]), MAX_TIMEOUT)
    if len(descriptors) != 2 or not argv or not all(isinstance(word, str) for word in argv):
        raise ValueError("a request needs a command and two descriptors")
    if not timeout > 0:  # also rejects NaN
        raise ValueError("the timeout must be greater than 0")
    return argv, timeout, descriptors


def serve_connection(connection: socket.socket) -> None:
    argv, timeout, (stdout, stderr) = receive_request(connection)
    with tempfile.TemporaryDirectory(prefix="myweb-run-", ignore_cleanup_errors=True) as directory:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER), str(timeout), "", "--", *argv],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            cwd=directory,
            env=ENVIRONMENT,
            start_new_session=True,
        )
        os.close(stdout)
        os.close(stderr)
        connection.settimeout(timeout + MARGIN)
        threading.Thread(target=forward_signals, args=(connection, process.pid), daemon=True).start()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # not reaped, so the process id is not reused
        kill_group(process.pid, signal.SIGKILL)
        code = process.wait()
    with suppress(OSError):
        connection.sendall(f"{code}\n".encode())


def forward_signals(connection: socket.socket, pid: int) -> None:
    """Ends the group if the client disconnects or does not end it in time."""
    with suppress(OSError):
        while number := connection.recv(1):
            if number[0] in SIGNALS:
                kill_group(pid, number[0])
    kill_group(pid, signal.SIGKILL)


def kill_group(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def accept_connections(path: str) -> None:
    """Serves a socket. Its directory decides which users can connect."""
    Path(path).unlink(missing_ok=True)
    running: list[subprocess.Popen[bytes]] = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        Path(path).chmod(0o660)
        server.listen(MAX_PROCESSES)
        while True:
            connection, _address = server.accept()
            running = [process for process in running if process.poll() is None]
            with connection:
                if len(running) < MAX_PROCESSES:
                    argv = [sys.executable, "-I", "-S", __file__]
                    running.append(subprocess.Popen(argv, stdin=connection.fileno(), env=ENVIRONMENT))


def main(path: str = "") -> None:
    if path:
        accept_connections(path)
    else:
        with socket.socket(fileno=0) as connection:
            serve_connection(connection)


if __name__ == "__main__":
    main(*sys.argv[1:])
