"""Opens and closes TCP and TLS connections, and measures how long each step takes."""

import asyncio
import errno
import os
import socket
import ssl
import time
from contextlib import suppress

from myweb.network_policy import Reach, resolve_host

CONNECT_TIMEOUT = 2.0  # seconds for each address of a name except the last

TcpStreams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


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
