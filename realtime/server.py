"""Daphne, with what ASGI cannot say: frames shared by many sockets, bounded unsent bytes, a stop that tells everyone.

Under any other ASGI server the hub works too, through plain ``send``.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any

from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer

from realtime.consumers import PATH
from realtime.protocol import Close
from realtime.socket import Frame

logger = logging.getLogger(__name__)

MESSAGE_LIMIT = 64 * 1024  # bytes of one message from a client
UNSENT_LIMIT = 4 * 1024 * 1024  # bytes; who reads more slowly is sent away and resumes


class DirectWire:
    """Writes finished frames to a Daphne protocol's transport."""

    def __init__(self, protocol: WebSocketProtocol) -> None:
        self.protocol = protocol

    def write(self, frame: Frame) -> None:
        if self.protocol.state != WebSocketProtocol.STATE_OPEN:
            return
        if self.unsent() > UNSENT_LIMIT:
            self.close(Close.SLOW)
            return
        self.protocol.transport.write(frame.wire)

    def unsent(self) -> int:
        """Bytes that the kernel has not taken: the two buffers of twisted.internet.abstract.FileDescriptor."""
        transport = self.protocol.transport
        return int(len(transport.dataBuffer) - transport.offset + transport._tempDataLen)

    def close(self, code: int) -> None:
        if self.protocol.state == WebSocketProtocol.STATE_OPEN:
            self.protocol.sendClose(code=int(code))


async def nothing_here(scope: Any, receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    """HTTP on the socket server: only a health check of the front."""
    status, body = (200, b"ok\n") if scope["path"] == f"{PATH}healthz" else (404, b"Only /ws/ is served here.\n")
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class LiveServer(Server):  # type: ignore[misc]
    def __init__(self, *args: Any, drain_seconds: float = 5.0, **kwargs: Any) -> None:
        super().__init__(
            *args, websocket_max_message_size=MESSAGE_LIMIT, websocket_max_frame_size=MESSAGE_LIMIT, **kwargs
        )
        self.drain_seconds = drain_seconds
        self.ports: list[Any] = []

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if scope["type"] == "websocket":
            scope["extensions"] = {"myweb.wire": DirectWire(protocol)}
        return super().create_application(protocol, scope)

    def listen_success(self, port: Any) -> None:
        self.ports.append(port)
        super().listen_success(port)

    def kill_all_applications(self) -> Any:
        """Before the reactor ends: no new sockets; every open one is told to come back and its consumer ends itself."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self.drain()))

    async def drain(self) -> None:
        for port in self.ports:
            port.stopListening()
        sockets = [each for each in self.connections if isinstance(each, WebSocketProtocol)]
        logger.info("Closing %d sockets over %.0f s", len(sockets), self.drain_seconds)
        await asyncio.gather(*(self.send_home(socket, self.spread(len(sockets))) for socket in sockets))
        for _attempt in range(20):
            if all(details["application_instance"].done() for details in self.running()):
                break
            await asyncio.sleep(0.1)
        await super().kill_all_applications().asFuture(asyncio.get_running_loop())

    def spread(self, sockets: int) -> float:
        """Few sockets may come back at once; many are let go over the whole time."""
        return min(self.drain_seconds, sockets / 200)

    def running(self) -> list[dict[str, Any]]:
        return [details for details in self.connections.values() if "application_instance" in details]

    @staticmethod
    async def send_home(socket: Any, within: float) -> None:
        await asyncio.sleep(random.uniform(0, within))  # noqa: S311 - spreads load, hides nothing
        DirectWire(socket).close(Close.RESTART)
