"""One request and its answer over a connection of its own, with h11 for the protocol."""

import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass

import h11
import httpx

from monitor.checks.probes.tcp import Line, connect, hang_up
from monitor.metrics.tls_contexts import get_tls_context_async
from myweb.network_policy import Reach

PROTOCOLS = ("http/1.1",)
HEAD_AT_MOST = 100_000  # bytes of status line and headers
READ_AT_ONCE = 16_384  # bytes; other checks have their turn in between
FRAMING = 2  # so many bytes may come for one of the body, and then some
HEADERS = [("User-Agent", "myweb"), ("Accept", "*/*"), ("Accept-Encoding", "identity")]
END = h11.EndOfMessage()


@dataclass
class Answer:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""  # as it was sent
    cut: bool = False  # there is more than was read
    broken: bool = False  # the connection was closed before the end

    def header(self, name: str) -> str:
        return next(iter(self.header_list(name)), "")

    def header_list(self, name: str) -> list[str]:
        wanted = name.lower().encode()
        return [readable_header(value) for key, value in self.headers if key == wanted]


def readable_header(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


async def context_for(url: httpx.URL, verify: bool) -> ssl.SSLContext | None:
    """Apart from the request, since the first of a day is built, which is not to be measured."""
    return await get_tls_context_async(verify=verify, protocols=PROTOCOLS) if url.scheme == "https" else None


async def send_request(
    request: h11.Request, url: httpx.URL, *, tls: ssl.SSLContext | None, reach: Reach, times: dict[str, float]
) -> "Exchange":
    begun = time.perf_counter()
    port = url.port or (443 if tls else 80)
    line = await connect((url.raw_host.decode("ascii"), port), reach, times, tls=tls)
    exchange = Exchange(line)
    try:
        await exchange.send(request)
    except BaseException:
        await hang_up(line[1])
        raise
    times["first_byte"] = times.get("first_byte", 0.0) + time.perf_counter() - begun
    return exchange


def build_request(method: str, url: httpx.URL, headers: Iterable[tuple[str, str]] = ()) -> h11.Request:
    body = [("Content-Length", "0")] if method == "POST" else []
    sent = [("Host", url.netloc.decode("ascii")), *HEADERS, *headers, *body]
    return h11.Request(method=method, target=url.raw_path, headers=sent)


class Exchange:
    """After ``send`` the head of the answer is there; ``read_body`` reads the rest. ``close`` always follows."""

    def __init__(self, line: Line) -> None:
        self.reader, self.writer = line
        self.protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_AT_MOST)
        self.received = 0
        self.answer = Answer(0, [])

    async def send(self, request: h11.Request) -> None:
        self.writer.write((self.protocol.send(request) or b"") + (self.protocol.send(END) or b""))
        event = await self.next_event()
        while isinstance(event, h11.InformationalResponse):
            event = await self.next_event()
        if not isinstance(event, h11.Response):
            raise h11.RemoteProtocolError("no answer")
        self.answer = Answer(event.status_code, list(event.headers))

    async def read_body(self, most: int) -> Answer:
        body = bytearray()
        try:
            while isinstance(event := await self.next_event(), h11.Data):
                body += event.data
                self.answer.cut = len(body) > most or self.received > FRAMING * most + HEAD_AT_MOST
                if self.answer.cut:
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
            data = await self.reader.read(READ_AT_ONCE)
            if not data and not self.answer.status:
                raise ConnectionResetError  # before an answer came
            self.received += len(data)
            self.protocol.receive_data(data)

    async def close(self) -> None:
        await hang_up(self.writer)
