"""A TCP connection and the banner of the server."""

import asyncio
import errno
import os
import re
import socket
import ssl
import time
from contextlib import suppress

from monitor.checks import text as words
from monitor.checks.patterns import is_regex_bounded
from monitor.checks.probes.probe import Probe, Result, get_time_left, parse_host_port, require_valid
from myweb.errors import Refused
from myweb.network_policy import Reach, resolve_host
from myweb.stored_text import Duration
from myweb.stored_text import stored_gettext as _

MAX_BANNER = 1024  # bytes of a banner
MAX_SEARCHES = 16  # searches in a banner; a server that sends single bytes would cause one for each
CONNECT_TIMEOUT = 2.0  # seconds for each address of a name except the last

TcpStreams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


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
    text = words.make_printable(greeting.decode("utf-8", "replace")).strip()
    return _("Received “%(text)s”.") % {"text": text[:80]} if text else _("The connection was closed without a banner.")


async def open_streams(
    target: tuple[str, int], reach: Reach, times: dict[str, float], *, tls: ssl.SSLContext | None = None, name: str = ""
) -> TcpStreams:
    """Connects to the address that the network policy checked. Adds the durations of the steps to ``times``."""
    host, port = target
    started = time.perf_counter()
    addresses = await resolve_host(host, port, reach)
    started = add_time(times, "dns", started)
    sock = await connect_to_first(addresses, port)
    started = add_time(times, "connect", started)
    try:
        streams = await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=(name or host) if tls else None)
    except BaseException:
        sock.close()
        raise
    if tls:
        add_time(times, "tls", started)
    return streams


async def connect_to_first(addresses: list[str], port: int) -> socket.socket:
    """Connects to the first address that accepts the connection."""
    for address in addresses[:-1]:
        with suppress(OSError):
            async with asyncio.timeout(CONNECT_TIMEOUT):
                return await connect_socket(address, port)
    return await connect_socket(addresses[-1], port)


async def connect_socket(address: str, port: int) -> socket.socket:
    """``loop.sock_connect`` of uvloop would first resolve the address in a thread."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        error = sock.connect_ex((address, port))
        if error == errno.EINPROGRESS:
            await wait_until_writable(sock)
            error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))
    except BaseException:
        sock.close()
        raise
    return sock


async def wait_until_writable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    writable = asyncio.Event()
    loop.add_writer(sock, writable.set)
    try:
        await writable.wait()
    finally:
        loop.remove_writer(sock)


def add_time(times: dict[str, float], step: str, started: float) -> float:
    """Adds to earlier durations, since redirects repeat some steps."""
    now = time.perf_counter()
    times[step] = times.get(step, 0.0) + now - started
    return now


async def close_streams(writer: asyncio.StreamWriter) -> None:
    if writer.get_extra_info("ssl_object"):
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(0.5):
                await writer.wait_closed()
    writer.transport.abort()  # some peers never confirm the close
