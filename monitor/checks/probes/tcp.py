"""A TCP connection, and what the other side says first."""

import asyncio
import re
import ssl
import time
from contextlib import suppress

from django.utils.translation import gettext as _

from monitor.checks import words
from monitor.checks.probes.probe import Probe, Result, place, require
from monitor.checks.reach import Reach, resolve

BANNER = 4096  # bytes
HURRY = 2.0  # seconds for each address of a name but the last

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Tcp(Probe, tag="tcp"):
    """Target ``host:port``."""

    banner: str = ""  # regular expression

    def check(self) -> None:
        place(self.target)
        try:
            re.compile(self.banner)
        except re.error as error:
            require(False, _("This is no regular expression: %(trouble)s.") % {"trouble": error})

    async def ask(self, reach: Reach) -> Result:
        times: dict[str, float] = {}
        reader, writer = await connect(place(self.target), reach, times)
        try:
            greeting = await self.greeting(reader) if self.banner else b""
        finally:
            await hang_up(writer)
        text = greeting.decode("utf-8", "replace")
        if self.banner and not re.search(self.banner, text):
            return Result(False, _("It said “%(text)s”.") % {"text": text.strip()[:80]}, times["connect"], times)
        return Result(True, _("Connected in %(time)s.") % {"time": words.took(times["connect"])}, None, times)

    async def greeting(self, reader: asyncio.StreamReader) -> bytes:
        heard = b""
        while len(heard) < BANNER and not re.search(self.banner, heard.decode("utf-8", "replace")):
            part = await reader.read(BANNER)
            if not part:
                break
            heard += part
        return heard


async def connect(
    to: tuple[str, int], reach: Reach, times: dict[str, float], *, tls: ssl.SSLContext | None = None, name: str = ""
) -> Line:
    """To the very address that was looked at. Says in ``times`` what finding and reaching it took."""
    (host, port), begun = to, time.perf_counter()
    addresses = await resolve(host, port, reach)
    times["dns"] = time.perf_counter() - begun
    begun = time.perf_counter()
    for each in addresses:
        try:
            async with asyncio.timeout(None if each == addresses[-1] else HURRY):
                line = await asyncio.open_connection(
                    each, port, ssl=tls, server_hostname=(name or host) if tls else None
                )
        except ssl.SSLError:
            raise
        except OSError:
            if each == addresses[-1]:
                raise
        else:
            break
    times["connect"] = time.perf_counter() - begun
    return line


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(0.5):
            await writer.wait_closed()
