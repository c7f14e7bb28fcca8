"""The websocket handshake: reads the request head and passes websockets to admission, then to autobahn.

All else is answered here.

In Daphne, Twisted's web server parses the request and writes it out again for autobahn, which parses it once more.
That is half the cost of a handshake, and after a restart all clients connect at once.
"""

import asyncio
import base64
import hashlib
import re
import select
from typing import Any

from twisted.internet.protocol import Factory, Protocol

from realtime.consumers import PATH
from realtime.protocol import Close

HEAD_LIMIT = 16 * 1024  # bytes; nginx accepts less
HEAD_TIMEOUT = 10.0  # seconds for the whole head
UPGRADE = re.compile(rb"^upgrade:[ \t]*websocket[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
KEY = re.compile(rb"^sec-websocket-key:[ \t]*([A-Za-z0-9+/=]{24})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
KEY_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
LINE = re.compile(rb"GET (/[!-~]*) HTTP/1\.1")  # other characters would only reach a log


class Handshake(Protocol):
    transport: Any

    def __init__(self, server: Any) -> None:
        self.server = server
        self.read = b""
        self.is_waiting = False

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's names
        self.timeout = asyncio.get_running_loop().call_later(HEAD_TIMEOUT, self.transport.abortConnection)

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802
        self.timeout.cancel()
        if self.is_waiting:
            self.server.admission.forget(self)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        self.read += data
        if self.is_waiting:
            if len(self.read) > HEAD_LIMIT:
                self.transport.abortConnection()
            return
        head, end, _rest = self.read.partition(b"\r\n\r\n")
        if len(head) > HEAD_LIMIT:
            self.answer("431 Request Header Fields Too Large", "Request header too large.\n")
        elif end:
            self.open(head + b"\r\n")

    def open(self, head: bytes) -> None:
        line, _end, fields = head.partition(b"\r\n")
        request = LINE.fullmatch(line)
        if request and UPGRADE.search(fields):
            self.timeout.cancel()
            self.is_waiting = True
            self.query, self.key = request[1].partition(b"?")[2], KEY.search(fields)
            self.server.admission.arrive(self)
        elif request and request[1] == f"{PATH}healthz".encode():
            self.answer("200 OK", "ok\n")
        else:
            self.answer("404 Not Found", f"Only websockets at {PATH} are served here.\n")

    def is_gone(self) -> bool:
        """The end of the connection may still wait to be read; a client that has given up costs nothing more."""
        poll = select.poll()
        poll.register(self.transport.socket, select.POLLRDHUP)
        return bool(poll.poll(0))

    def enter(self) -> None:
        """As Daphne's WebRequest does it: autobahn reads the same bytes from the beginning."""
        self.is_waiting = False
        protocol = self.server.ws_factory.buildProtocol(self.transport.getPeer())
        protocol._raw_query_string = self.query
        self.transport.protocol = protocol
        protocol.makeConnection(self.transport)
        protocol.dataReceived(self.read)

    def turn_away(self, seconds: float) -> None:
        """A browser can only read a close code, so the handshake is completed: by hand, for a tenth of its cost."""
        self.is_waiting = False
        if not self.key:
            self.answer("400 Bad Request", "Sec-WebSocket-Key is missing.\n")
            return
        accept = base64.b64encode(hashlib.sha1(self.key[1] + KEY_SUFFIX).digest())  # noqa: S324 - as the RFC says
        reason = int(Close.BUSY).to_bytes(2, "big") + f"{seconds:.1f}".encode()
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        accepted = b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
        self.transport.write(head + accepted + bytes([0x88, len(reason)]) + reason)
        self.transport.loseConnection()

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
