"""Runs a program: no shell, a timeout for its whole process group, what it says line by line, and how it ended."""

import asyncio
import re
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from django.conf import settings

from monitor.checks.programs import Program, started
from myweb.errors import Refused
from myweb.stored_text import Duration
from myweb.stored_text import stored_gettext as _

CAP = 64 * 1024  # bytes of output that are kept
LONGEST = 4096  # bytes of a line; what is longer becomes several
GRACE = 2.0  # seconds between asking to end and making it end
DRAIN = 1.0  # seconds that what was said last may take to come after the end
UNPRINTABLE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")

Line = tuple[int, str]  # 0: stdout, 1: stderr
Hear = Callable[[Line], None]


@dataclass
class Outcome:
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

    def sentence(self) -> str:
        time = {"time": Duration(self.seconds)}
        if self.timed_out:
            return _("Killed: not done after %(time)s.") % time
        if self.stopped:
            return _("Stopped after %(time)s.") % time
        if self.signal is not None:
            return _("Terminated by signal %(name)s after %(time)s.") % {"name": name_of(self.signal), **time}
        return _("Exit status %(code)d after %(time)s.") % {"code": self.exit_code or 0, **time}


class Output:
    """What it said, in the order in which it came, up to the cap."""

    def __init__(self, hear: Hear) -> None:
        self.hear, self.left, self.truncated = hear, CAP, False
        self.lines: list[Line] = []
        self.secrets = secrets()

    async def read(self, stream: asyncio.StreamReader, number: int) -> None:
        """To the end, even if nothing is kept any more: a full pipe would hold up the program."""
        rest = b""
        while part := await stream.read(LONGEST):
            *whole, rest = (rest + part).split(b"\n")
            for each in whole:
                self.take(number, each)
            if len(rest) >= LONGEST:
                self.take(number, rest)
                rest = b""
        if rest:
            self.take(number, rest)

    def take(self, number: int, said: bytes) -> None:
        if len(said) + 1 > self.left:
            self.truncated = True
            said = said[: self.left]
            self.left = 0
            if not said:
                return
        else:
            self.left -= len(said) + 1
        line = (number, self.cleaned(said.decode("utf-8", "replace")))
        self.lines.append(line)
        self.hear(line)

    def cleaned(self, text: str) -> str:
        text = UNPRINTABLE.sub("", text.rpartition("\r")[2] if "\r" in text.rstrip("\r") else text)
        for secret in self.secrets:
            text = text.replace(secret, "••••")
        return text


def secrets() -> list[str]:
    """Values of this site's own settings that nobody is to read in an output."""
    database, redis = settings.DATABASES["default"], settings.REDIS or {}
    found: list[object] = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, settings.EMAIL_HOST_PASSWORD]
    found += [database.get("PASSWORD"), redis.get("password"), redis.get("sentinel_kwargs", {}).get("password")]
    return [str(each) for each in found if each and len(str(each)) >= 6]


def ignore(_line: Line) -> None: ...


async def run(argv: Sequence[str], timeout: float, hear: Hear = ignore, stop: asyncio.Event | None = None) -> Outcome:
    """Ends by itself, at the timeout or when ``stop`` is set. Refuses only what cannot be run at all."""
    check_enabled()
    async with started(argv, timeout) as program:
        return await follow(program, timeout, Output(hear), stop or asyncio.Event())


def check_enabled() -> None:
    """Here as well as where commands are requested: nothing else in the site starts a program for a user."""
    if not settings.COMMANDS:
        raise Refused("forbidden", _("Commands are disabled on this server."))


async def follow(program: Program, timeout: float, output: Output, stop: asyncio.Event) -> Outcome:
    begun = time.perf_counter()
    streams = enumerate((program.stdout, program.stderr))
    readers = [asyncio.create_task(output.read(stream, number)) for number, stream in streams]
    outcome = Outcome()
    try:
        await first_of(program, stop, timeout)
        outcome.stopped = program.returncode is None and stop.is_set()
        outcome.timed_out = program.returncode is None and not outcome.stopped
        if program.returncode is None:
            program.send_signal(signal.SIGTERM)
            await asyncio.wait([asyncio.ensure_future(ended(program)), *readers], timeout=GRACE)
    finally:
        program.send_signal(signal.SIGKILL)  # also after a good end: part of the group may be left
        with suppress(TimeoutError):  # a runner that was replaced or hangs tells no end
            async with asyncio.timeout(GRACE):
                await ended(program)
        _done, late = await asyncio.wait(readers, timeout=DRAIN)
        for reader in late:  # a program that left the group holds the pipe
            reader.cancel()
    code = -signal.SIGKILL if program.returncode is None else program.returncode
    outcome.exit_code, outcome.signal = (None, -code) if code < 0 else (code, None)
    outcome.seconds = time.perf_counter() - begun
    outcome.lines, outcome.truncated = output.lines, output.truncated
    return outcome


async def first_of(program: Program, stop: asyncio.Event, timeout: float) -> None:
    waiting = [asyncio.ensure_future(ended(program)), asyncio.ensure_future(stop.wait())]
    try:
        await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()


async def ended(program: Program) -> None:
    """``process.wait()`` would wait for the pipes, too, which its children may hold."""
    while program.returncode is None:  # noqa: ASYNC110 - nothing else tells
        await asyncio.sleep(0.01)


def name_of(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return str(number)
