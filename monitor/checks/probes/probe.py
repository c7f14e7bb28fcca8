"""The base of all probes: a request to another machine with a timeout, and its result."""

import asyncio
import logging
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import msgspec

from monitor.checks import text
from myweb.errors import Refused
from myweb.network_policy import Reach
from myweb.numbers import parse_number
from myweb.stored_text import as_stored
from myweb.stored_text import stored_gettext as _

if TYPE_CHECKING:
    from monitor.checks.subprocesses import CommandOutcome

MAX_HOST = 253  # characters
logger = logging.getLogger(__name__)

deadline: ContextVar[float] = ContextVar("deadline")  # of the probe in this task, by the clock of its loop


@dataclass
class Result:
    ok: bool | None  # None: unknown
    message: str  # one sentence: the reason
    seconds: float | None = None  # response time
    numbers: dict[str, float] = field(default_factory=dict)
    outcome: "CommandOutcome | None" = None  # of a command

    @property
    def figures(self) -> str:
        return text.format_figures(self.numbers)


class Probe(msgspec.Struct, tag_field="kind", omit_defaults=True):
    """A subclass adds its options. ``check`` validates them, and ``run`` sends the request any number of times."""

    ends_itself: ClassVar[bool] = False  # the command has its own timeout

    target: str

    def check(self) -> None:
        """Raises :class:`~myweb.errors.Refused` for an invalid target or option."""

    def prepare(self) -> None:
        """Reads from the database what ``run`` needs. It is called in the database thread."""

    async def run(self, reach: Reach) -> Result:
        """Raises :class:`OSError` without a response."""
        raise NotImplementedError


def get_time_left() -> float:
    """Returns the seconds until the timeout, minus a reserve for the report."""
    return max(0.0, 0.9 * (deadline.get() - asyncio.get_running_loop().time()))


def require_valid(condition: object, sentence: str, field: str = "target") -> None:
    """``field``: of the probe, that the sentence is about."""
    if not condition:
        raise Refused("invalid", sentence, field=field)


def parse_host_port(target: str, port: int = 0, field: str = "target") -> tuple[str, int]:
    """Splits ``host:port`` or ``[::1]:port``. ``port`` is the default; without it a missing port is refused."""
    host, colon, number = target.strip().rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, number = target.strip(), str(port or "")
    require_valid(0 < (parse_number(number) or 0) < 65536, _("Use the format host:port."), field)
    host = host.removeprefix("[").removesuffix("]")
    require_valid(
        host and not any(character.isspace() or character in "/@" for character in host),
        _("Use the format host:port."),
        field,
    )
    return encode_host(host, field), int(number)


def encode_host(host: str, field: str = "target") -> str:
    """Encodes an internationalized name as browsers do."""
    if host.isascii():
        return host
    invalid = _("%(host)s is not a valid host name.") % {"host": host[:100]}
    require_valid(len(host) <= MAX_HOST, invalid, field)
    import idna  # its tables are large and rarely needed

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise Refused("invalid", invalid, field=field) from None


async def run_probe(probe: Probe, timeout: float, reach: Reach) -> Result:
    """Never raises. The result holds the error message."""
    result = await run_probe_with_timeout(probe, timeout, reach)
    result.message = text.make_printable(result.message)
    return result


async def run_probe_with_timeout(probe: Probe, timeout: float, reach: Reach) -> Result:
    started = time.perf_counter()
    deadline.set(asyncio.get_running_loop().time() + timeout)
    try:
        async with asyncio.timeout(None if probe.ends_itself else timeout):
            result = await probe.run(reach)
    except TimeoutError:
        return Result(
            False, _("No response within %(seconds)g s.") % {"seconds": timeout}, time.perf_counter() - started
        )
    except (OSError, UnicodeError) as error:
        return Result(False, text.describe_probe_error(error))
    except Refused as refused:
        return Result(None, as_stored(refused.text))
    except Exception as error:
        logger.warning("A probe of %s raised an exception", probe.target, exc_info=True)
        return Result(None, text.describe_probe_error(error))
    if result.seconds is None:
        result.seconds = time.perf_counter() - started
    return result
