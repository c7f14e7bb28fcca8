"""How many may knock at a socket server at once: it is stopped, so that only the kernel takes them in."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from realtime.management.commands.live import BACKLOG
from tests.support.redis import free_port
from tests.support.serving import ROOT, Start, ended, environment, is_open, ready
from tests.support.wire import reached

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.any_database]

NGINX = 511  # what nginx itself gives its own sockets
KERNEL = int(Path("/proc/sys/net/core/somaxconn").read_text())
MANY = min(NGINX, KERNEL)


def knock(connect: Callable[[], socket.socket]) -> None:
    with ExitStack() as sockets:
        for _socket in range(MANY):
            sockets.enter_context(connect())


def by_path(path: str) -> socket.socket:
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(5)
    line.connect(path)
    return line


async def test_a_unix_socket_takes_in_as_many_as_nginx(start: Start) -> None:
    server = start()
    await ready(server)
    server.process.send_signal(signal.SIGSTOP)
    try:
        await asyncio.to_thread(knock, lambda: by_path(str(server.path)))
    finally:
        server.process.send_signal(signal.SIGCONT)


async def test_a_port_takes_in_as_many_as_nginx() -> None:
    port = free_port()
    with serving(port) as process:
        await reached(lambda: is_open(port), "the port")
        process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.to_thread(knock, lambda: socket.create_connection(("127.0.0.1", port), timeout=5))
        finally:
            process.send_signal(signal.SIGCONT)


@contextmanager
def serving(port: int) -> Iterator["subprocess.Popen[bytes]"]:
    argv = [sys.executable, "manage.py", "live", "--port", str(port), "--drain-seconds", "0.2"]
    with subprocess.Popen(argv, cwd=ROOT, env=environment(), stderr=subprocess.DEVNULL) as process, ended(process):
        yield process


def test_the_backlog_is_no_less_than_that_of_nginx() -> None:
    assert BACKLOG >= NGINX
