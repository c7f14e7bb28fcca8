"""Started programs: a child process, or a process of the command runner (runner.py) under a user without secrets.

launcher.py sets the limits of their memory and processes.
"""

import asyncio
import json
import os
import pwd
import re
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from monitor.checks.runner import ENVIRONMENT, LAUNCHER
from myweb.errors import Refused

CONNECT_TIMEOUT = 3.0  # seconds
MAX_LINE = 64  # bytes of the runner's answer
RETURN_CODE = re.compile(rb"(-?[0-9]{1,3})\n")


class RunningProgram:
    """``returncode`` is None while it runs, and negative after a signal."""

    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader

    @property
    def returncode(self) -> int | None:
        raise NotImplementedError

    def send_signal(self, number: int) -> None:
        """Signals the whole process group."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class LocalProgram(RunningProgram):
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout
        assert process.stderr
        self.process, self.stdout, self.stderr = process, process.stdout, process.stderr

    @property
    def returncode(self) -> int | None:
        return self.process.returncode

    def send_signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def close(self) -> None:
        self.process._transport.close()  # type: ignore[attr-defined] # a child can hold the pipe open


class RemoteProgram(RunningProgram):
    def __init__(self, pipes: Sequence[tuple[asyncio.StreamReader, Any]], connection: Any) -> None:
        (self.stdout, _transport), (self.stderr, _transport) = pipes
        self.transports = [transport for _reader, transport in pipes]
        self.answer, self.writer = connection
        self.code: int | None = None
        self.waiting = asyncio.create_task(self.wait())

    async def wait(self) -> None:
        line = b""
        with suppress(OSError, ValueError):
            line = await self.answer.readline()
        code = RETURN_CODE.fullmatch(line)
        # Without a code the runner exited, and with it all processes that it started.
        self.code = int(code[1]) if code else -signal.SIGKILL

    @property
    def returncode(self) -> int | None:
        return self.code

    def send_signal(self, number: int) -> None:
        if self.code is None:
            self.writer.write(bytes([number]))

    def close(self) -> None:
        self.waiting.cancel()
        self.writer.close()
        for transport in self.transports:
            transport.close()


@asynccontextmanager
async def start_program(argv: Sequence[str], timeout: float) -> AsyncIterator[RunningProgram]:
    """Starts the program here or through MYWEB_COMMAND_RUNNER. Raises :class:`Refused` if that is not safe."""
    if settings.COMMAND_RUNNER:
        program: RunningProgram = await start_remote(settings.COMMAND_RUNNER, argv, timeout)
        try:
            yield program
        finally:
            program.close()
        return
    user = find_command_user()
    directory = Path(tempfile.mkdtemp(prefix="myweb-run-"))
    try:
        if user:
            os.chown(directory, pwd.getpwnam(user).pw_uid, -1)
        program = await start_local(
            directory, [find_interpreter(), "-I", "-S", str(LAUNCHER), str(timeout), user, "--", *argv]
        )
        try:
            yield program
        finally:
            program.close()
    finally:
        await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)


async def start_local(directory: Path, argv: Sequence[str]) -> RunningProgram:
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=directory,
        env=ENVIRONMENT,
        start_new_session=True,
    )
    return LocalProgram(process)


async def start_remote(path: str, argv: Sequence[str], timeout: float) -> RunningProgram:
    request = json.dumps({"argv": [*argv], "timeout": timeout}).encode() + b"\n"
    ends = [os.pipe(), os.pipe()]
    readers = [os.fdopen(read, "rb", buffering=0) for read, _write in ends]
    try:
        line = await asyncio.to_thread(send_run_request, path, request, [write for _read, write in ends])
    except OSError as error:
        for reader in readers:
            reader.close()
        raise Refused("unavailable", _("The command runner at %(path)s does not respond.") % {"path": path}) from error
    finally:
        for _read, write in ends:
            os.close(write)
    pipes = [await read_pipe(reader) for reader in readers]
    return RemoteProgram(pipes, await asyncio.open_unix_connection(sock=line, limit=MAX_LINE))


def send_run_request(path: str, request: bytes, descriptors: list[int]) -> socket.socket:
    line = socket.socket(socket.AF_UNIX)
    try:
        line.settimeout(CONNECT_TIMEOUT)
        line.connect(path)
        sent = socket.send_fds(line, [request], descriptors)
        if rest := request[sent:]:
            line.sendall(rest)
        line.setblocking(False)
    except OSError:
        line.close()
        raise
    return line


async def read_pipe(pipe: Any) -> tuple[asyncio.StreamReader, Any]:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _protocol = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader, transport


def find_command_user() -> str:
    """Returns the user to switch to; empty: the current one. No command runs as root."""
    if os.geteuid() != 0:
        return ""
    name: str = settings.COMMAND_USER
    try:
        entry = pwd.getpwnam(name) if name else None
    except KeyError:
        entry = None
    if entry is None or entry.pw_uid == 0:
        raise Refused(
            "unavailable",
            _("The collector runs as root, and commands never do. Set another user in MYWEB_COMMAND_USER."),
        )
    return name


def find_interpreter() -> str:
    """``sys.executable`` is uWSGI itself within uWSGI."""
    return str(Path(sys.prefix) / "bin" / "python3")
