"""The websocket handshake: reads the request head and passes websockets to autobahn. All else is answered here.

In Daphne, Twisted's web server parses the request and writes it out again for autobahn, which parses it once more.
That is half the cost of a handshake, and after a restart all clients connect at once.
"""

import asyncio
import re
from typing import Any

from twisted.internet.protocol import Factory, Protocol

from realtime.consumers import PATH

HEAD_LIMIT = 16 * 1024  # bytes; nginx accepts less
HEAD_TIMEOUT = 10.0  # seconds for the whole head
UPGRADE = re.compile(rb"^upgrade:[ \t]*websocket[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
LINE = re.compile(rb"GET (/[!-~]*) HTTP/1\.1")  # other characters would only reach a log


class Handshake(Protocol):
    transport: Any

    def __init__(self, server: Any) -> None:
        self.server = server
        self.read = b""

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's names
        self.timeout = asyncio.get_running_loop().call_later(HEAD_TIMEOUT, self.transport.abortConnection)

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802
        self.timeout.cancel()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        self.read += data
        head, end, _rest = self.read.partition(b"\r\n\r\n")
        if len(head) > HEAD_LIMIT:
            self.answer("431 Request Header Fields Too Large", "Request header too large.\n")
        elif end:
            self.open(head + b"\r\n")

    def open(self, head: bytes) -> None:
        line, _end, fields = head.partition(b"\r\n")
        request = LINE.fullmatch(line)
        if request and UPGRADE.search(fields):
            self.hand_over(request[1].partition(b"?")[2])
        elif request and request[1] == f"{PATH}healthz".encode():
            self.answer("200 OK", "ok\n")
        else:
            self.answer("404 Not Found", f"Only websockets at {PATH} are served here.\n")

    def hand_over(self, query: bytes) -> None:
        """As Daphne's WebRequest does it: autobahn reads the same bytes from the beginning."""
        self.timeout.cancel()
        protocol = self.server.ws_factory.buildProtocol(self.transport.getPeer())
        protocol._raw_query_string = query
        self.transport.protocol = protocol
        protocol.makeConnection(self.transport)
        protocol.dataReceived(self.read)

    def answer(self, status: str, text: str) -> None:
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write((head + text).encode())
        self.transport.loseConnection()


class HandshakeFactory(Factory):
    noisy = False

    def __init__(self, server: Any) -> None:
        self.server = server

    def buildProtocol(self, addr: Any) -> Handshake:  # noqa: N802
        return Handshake(self.server)
