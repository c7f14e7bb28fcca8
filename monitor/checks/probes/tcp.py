"""A TCP connection and the banner of the server."""

import asyncio
import re

from monitor.checks import result_text
from monitor.checks.patterns import is_regex_bounded
from monitor.checks.probes.probe import Probe, Result, get_time_left, parse_host_port, require_valid
from myweb.errors import Refused
from myweb.network_policy import Reach
from myweb.stored_text import Duration
from myweb.stored_text import stored_gettext as _
from myweb.tcp_streams import close_streams, open_streams

MAX_BANNER = 1024  # bytes of a banner
MAX_SEARCHES = 16  # searches in a banner; a server that sends single bytes would cause one for each


class TcpProbe(Probe, tag="tcp"):
    """Target ``host:port``."""

    banner: str = ""  # regular expression

    def check(self) -> None:
        parse_host_port(self.target)
        try:
            bounded = is_regex_bounded(self.banner, MAX_BANNER, anywhere=True)
        except re.error as error:
            raise Refused(
                "invalid", _("Invalid regular expression: %(trouble)s.") % {"trouble": error}, field="banner"
            ) from None
        require_valid(
            bounded,
            _("This regular expression could take too long. Begin it with ^ and use fewer repetitions."),
            "banner",
        )

    async def run(self, reach: Reach) -> Result:
        self.check()  # again, for patterns that were stored before this validation
        times: dict[str, float] = {}
        reader, writer = await open_streams(parse_host_port(self.target), reach, times)
        try:
            greeting = await self.read_banner(reader) if self.banner else b""
        finally:
            await close_streams(writer)
        if self.banner and not re.search(self.banner, greeting.decode("utf-8", "replace")):
            return Result(False, describe_banner(greeting), times["connect"], times)
        return Result(True, _("Connected in %(time)s.") % {"time": Duration(times["connect"])}, None, times)

    async def read_banner(self, reader: asyncio.StreamReader) -> bytes:
        """Reads until the pattern matches, the server closes the connection or the time is over."""
        received, reads = b"", 0
        try:
            async with asyncio.timeout(get_time_left()):
                while len(received) < MAX_BANNER:
                    if reads < MAX_SEARCHES and re.search(self.banner, received.decode("utf-8", "replace")):
                        break
                    part = await reader.read(MAX_BANNER - len(received))
                    if not part:
                        break
                    received, reads = received + part, reads + 1
        except TimeoutError:
            if not received:
                raise
        return received


def describe_banner(greeting: bytes) -> str:
    text = result_text.make_printable(greeting.decode("utf-8", "replace")).strip()
    return _("Received “%(text)s”.") % {"text": text[:80]} if text else _("The connection was closed without a banner.")
