"""The door of the socket server: reads the head of a request and hands websockets over. There is nothing else here.

Daphne would have Twisted's web server parse the request, make an object of it and write it out again for autobahn,
which parses it itself: that is half of a handshake, and after a restart everybody shakes hands at once.
"""

import asyncio
import re
from typing import Any

from twisted.internet.protocol import Factory, Protocol

from realtime.consumers import PATH

HEAD_LIMIT = 16 * 1024  # bytes; nginx lets less through
PATIENCE = 10.0  # seconds for the whole head
UPGRADE = re.compile(rb"^upgrade:[ \t]*websocket[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
LINE = re.compile(rb"GET (/[!-~]*) HTTP/1\.1")  # signs that no address holds would only reach a log


class Door(Protocol):
    transport: Any

    def __init__(self, server: Any) -> None:
        self.server = server
        self.read = b""

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's names
        self.patience = asyncio.get_running_loop().call_later(PATIENCE, self.transport.abortConnection)

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802
        self.patience.cancel()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        self.read += data
        head, end, _rest = self.read.partition(b"\r\n\r\n")
        if len(head) > HEAD_LIMIT:
            self.answer("431 Request Header Fields Too Large", "Request header too large.\n")
        elif end:
            self.open(head + b"\r\n")

    def open(self, head: bytes) -> None:
        line, _end, fields = head.partition(b"\r\n")
        asked = LINE.fullmatch(line)
        if asked and UPGRADE.search(fields):
            self.hand_over(asked[1].partition(b"?")[2])
        elif asked and asked[1] == f"{PATH}healthz".encode():
            self.answer("200 OK", "ok\n")
        else:
            self.answer("404 Not Found", f"Only websockets at {PATH} are served here.\n")

    def hand_over(self, query: bytes) -> None:
        """As Daphne's request does it: autobahn reads the same bytes from their beginning."""
        self.patience.cancel()
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


class DoorFactory(Factory):
    noisy = False

    def __init__(self, server: Any) -> None:
        self.server = server

    def buildProtocol(self, addr: Any) -> Door:  # noqa: N802
        return Door(self.server)
