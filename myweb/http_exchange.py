"""One HTTP request and its response on a new connection, with h11."""

import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass

import h11
import httpx

from myweb.network_policy import Reach
from myweb.tcp_streams import TcpStreams, close_streams, open_streams
from myweb.tls_contexts import get_tls_context_async

PROTOCOLS = ("http/1.1",)
MAX_HEAD = 100_000  # bytes of status line and headers
READ_SIZE = 16_384  # bytes; smaller reads give other checks a turn
FRAMING_FACTOR = 2  # bytes received for each byte of the body, at most
HEADERS = [("User-Agent", "myweb"), ("Accept", "*/*"), ("Accept-Encoding", "identity")]
END = h11.EndOfMessage()


@dataclass
class HttpAnswer:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""  # still compressed
    truncated: bool = False  # only a part was read
    broken: bool = False  # the connection was closed early

    def header(self, name: str) -> str:
        return next(iter(self.header_list(name)), "")

    def header_list(self, name: str) -> list[str]:
        lowered = name.lower().encode()
        return [decode_header(value) for key, value in self.headers if key == lowered]


def decode_header(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


async def get_tls_context(url: httpx.URL, verify: bool) -> ssl.SSLContext | None:
    """Called before the request, because building the first context of a day takes time that must not be measured."""
    return await get_tls_context_async(verify=verify, protocols=PROTOCOLS) if url.scheme == "https" else None


async def send_http_request(
    request: h11.Request, url: httpx.URL, *, tls: ssl.SSLContext | None, reach: Reach, times: dict[str, float]
) -> "HttpExchange":
    port = url.port or (443 if tls else 80)
    return await open_exchange(request, (url.raw_host.decode("ascii"), port), tls=tls, reach=reach, times=times)


async def open_exchange(
    request: h11.Request,
    target: tuple[str, int],
    *,
    tls: ssl.SSLContext | None,
    reach: Reach,
    times: dict[str, float] | None = None,
    name: str = "",
) -> "HttpExchange":
    """Connects and reads the head of the response. ``name`` is that of the certificate, if it is not the host."""
    times = {} if times is None else times
    started = time.perf_counter()
    streams = await open_streams(target, reach, times, tls=tls, name=name)
    exchange = HttpExchange(streams)
    try:
        await exchange.send(request)
    except BaseException:
        await close_streams(streams[1])
        raise
    times["first_byte"] = times.get("first_byte", 0.0) + time.perf_counter() - started
    return exchange


def build_request(method: str, url: httpx.URL, headers: Iterable[tuple[str, str]] = ()) -> h11.Request:
    body = [("Content-Length", "0")] if method == "POST" else []
    sent = [("Host", url.netloc.decode("ascii")), *HEADERS, *headers, *body]
    return h11.Request(method=method, target=url.raw_path, headers=sent)


class HttpExchange:
    """``send`` reads the head of the response, and ``read_body`` the rest. Callers must always call ``close``."""

    def __init__(self, line: TcpStreams) -> None:
        self.reader, self.writer = line
        self.protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        self.received = 0
        self.answer = HttpAnswer(0, [])

    async def send(self, request: h11.Request) -> None:
        self.writer.write((self.protocol.send(request) or b"") + (self.protocol.send(END) or b""))
        event = await self.next_event()
        while isinstance(event, h11.InformationalResponse):
            event = await self.next_event()
        if not isinstance(event, h11.Response):
            raise h11.RemoteProtocolError("no answer")
        self.answer = HttpAnswer(event.status_code, list(event.headers))

    async def read_body(self, most: int) -> HttpAnswer:
        body = bytearray()
        try:
            while isinstance(event := await self.next_event(), h11.Data):
                body += event.data
                self.answer.truncated = len(body) > most or self.received > FRAMING_FACTOR * most + MAX_HEAD
                if self.answer.truncated:
                    break
        except (h11.RemoteProtocolError, ConnectionError):
            self.answer.broken = True
        self.answer.body = bytes(body[:most])
        return self.answer

    async def next_event(self) -> object:
        while True:
            event = self.protocol.next_event()
            if event is not h11.NEED_DATA:
                return event
            data = await self.reader.read(READ_SIZE)
            if not data and not self.answer.status:
                raise ConnectionResetError  # no response was received
            self.received += len(data)
            self.protocol.receive_data(data)

    async def close(self) -> None:
        await close_streams(self.writer)
