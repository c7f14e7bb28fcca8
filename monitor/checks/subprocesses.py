"""Runs a program without a shell, with a timeout for its process group, and reads its output by lines."""

import asyncio
import re
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from django.conf import settings

from monitor.checks.programs import RunningProgram, start_program
from myweb.errors import Refused
from myweb.stored_text import Duration
from myweb.stored_text import stored_gettext as _

MAX_OUTPUT = 64 * 1024  # bytes of stored output
MAX_LINE = 4096  # bytes of a line; longer ones are split
KILL_AFTER = 2.0  # seconds between SIGTERM and SIGKILL
DRAIN_TIMEOUT = 1.0  # seconds in which the last output can arrive after the exit
UNPRINTABLE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")

Line = tuple[int, str]  # 0: stdout, 1: stderr
OnLine = Callable[[Line], None]


@dataclass
class CommandOutcome:
    exit_code: int | None = None
    signal: int | None = None  # that ended it
    timed_out: bool = False
    stopped: bool = False
    truncated: bool = False
    seconds: float = 0.0
    lines: list[Line] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.exit_code == 0 and not self.timed_out and not self.stopped

    def describe(self) -> str:
        time = {"time": Duration(self.seconds)}
        if self.timed_out:
            return _("Killed: not done after %(time)s.") % time
        if self.stopped:
            return _("Stopped after %(time)s.") % time
        if self.signal is not None:
            return _("Terminated by signal %(name)s after %(time)s.") % {"name": get_signal_name(self.signal), **time}
        return _("Exit status %(code)d after %(time)s.") % {"code": self.exit_code or 0, **time}


class CommandOutput:
    """The output in the order of arrival, up to the limit."""

    def __init__(self, on_line: OnLine) -> None:
        self.on_line, self.bytes_left, self.truncated = on_line, MAX_OUTPUT, False
        self.lines: list[Line] = []
        self.secrets = list_setting_secrets()

    async def read(self, stream: asyncio.StreamReader, number: int) -> None:
        """Reads to the end even beyond the limit, because a full pipe would block the program."""
        rest = b""
        while part := await stream.read(MAX_LINE):
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                self.add_line(number, line)
            if len(rest) >= MAX_LINE:
                self.add_line(number, rest)
                rest = b""
        if rest:
            self.add_line(number, rest)

    def add_line(self, number: int, data: bytes) -> None:
        if len(data) + 1 > self.bytes_left:
            self.truncated = True
            data = data[: self.bytes_left]
            self.bytes_left = 0
            if not data:
                return
        else:
            self.bytes_left -= len(data) + 1
        line = (number, self.clean_line(data.decode("utf-8", "replace")))
        self.lines.append(line)
        self.on_line(line)

    def clean_line(self, text: str) -> str:
        text = UNPRINTABLE.sub("", text.rpartition("\r")[2] if "\r" in text.rstrip("\r") else text)
        for secret in self.secrets:
            text = text.replace(secret, "••••")
        return text


def list_setting_secrets() -> list[str]:
    """Returns secrets of the settings that must not appear in an output."""
    database, redis = settings.DATABASES["default"], settings.REDIS or {}
    values: list[object] = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, settings.EMAIL_HOST_PASSWORD]
    values += [database.get("PASSWORD"), redis.get("password"), redis.get("sentinel_kwargs", {}).get("password")]
    return [str(value) for value in values if value and len(str(value)) >= 6]


def ignore_line(_line: Line) -> None: ...


async def run_program(
    argv: Sequence[str], timeout: float, on_line: OnLine = ignore_line, stop: asyncio.Event | None = None
) -> CommandOutcome:
    """Runs until the exit, the timeout or ``stop``. Raises :class:`Refused` if it can't start."""
    check_enabled()
    async with start_program(argv, timeout) as program:
        return await supervise_program(program, timeout, CommandOutput(on_line), stop or asyncio.Event())


def check_enabled() -> None:
    """The last check before a program starts. Callers check earlier as well."""
    if not settings.COMMANDS:
        raise Refused("forbidden", _("Commands are disabled on this server."))


async def supervise_program(
    program: RunningProgram, timeout: float, output: CommandOutput, stop: asyncio.Event
) -> CommandOutcome:
    started = time.perf_counter()
    streams = enumerate((program.stdout, program.stderr))
    readers = [asyncio.create_task(output.read(stream, number)) for number, stream in streams]
    outcome = CommandOutcome()
    try:
        await wait_for_end_or_stop(program, stop, timeout)
        outcome.stopped = program.returncode is None and stop.is_set()
        outcome.timed_out = program.returncode is None and not outcome.stopped
        if program.returncode is None:
            program.send_signal(signal.SIGTERM)
            await asyncio.wait([asyncio.ensure_future(wait_for_end(program)), *readers], timeout=KILL_AFTER)
    finally:
        program.send_signal(signal.SIGKILL)  # even after a normal exit, since other processes of the group can remain
        with suppress(TimeoutError):  # a replaced or hanging runner reports no exit
            async with asyncio.timeout(KILL_AFTER):
                await wait_for_end(program)
        _done, unfinished = await asyncio.wait(readers, timeout=DRAIN_TIMEOUT)
        for reader in unfinished:  # a program that left the group holds the pipe
            reader.cancel()
    code = -signal.SIGKILL if program.returncode is None else program.returncode
    outcome.exit_code, outcome.signal = (None, -code) if code < 0 else (code, None)
    outcome.seconds = time.perf_counter() - started
    outcome.lines, outcome.truncated = output.lines, output.truncated
    return outcome


async def wait_for_end_or_stop(program: RunningProgram, stop: asyncio.Event, timeout: float) -> None:
    tasks = [asyncio.ensure_future(wait_for_end(program)), asyncio.ensure_future(stop.wait())]
    try:
        await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def wait_for_end(program: RunningProgram) -> None:
    """``process.wait()`` would also wait for the pipes, which child processes can hold."""
    while program.returncode is None:  # noqa: ASYNC110 - nothing else tells
        await asyncio.sleep(0.01)


def get_signal_name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return str(number)
