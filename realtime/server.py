"""Daphne, with what ASGI cannot say: frames shared by many sockets, bounded unsent bytes, a stop that tells everyone.

Under any other ASGI server the hub works too, through plain ``send``.
"""

import asyncio
import logging
import random
import time
from functools import partial
from typing import Any

from autobahn.websocket import protocol as autobahn_protocol
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer

from realtime.door import DoorFactory
from realtime.inbox import Inbox
from realtime.protocol import Close
from realtime.socket import Frame
from realtime.watchdog import BEAT, Watchdog

logger = logging.getLogger(__name__)

MESSAGE_LIMIT = 64 * 1024  # bytes of one message from a client
OPEN = WebSocketProtocol.STATE_OPEN
UNSENT_LIMIT = 4 * 1024 * 1024  # bytes; who reads more slowly is sent away and resumes


class DirectWire:
    """Writes finished frames past Daphne and Twisted, as long as nothing waits in their buffers."""

    __slots__ = ("protocol",)

    def __init__(self, protocol: WebSocketProtocol) -> None:
        self.protocol = protocol

    def write(self, frame: Frame) -> None:
        protocol = self.protocol
        if protocol.state != OPEN:
            return
        transport, data = protocol.transport, frame.wire
        if transport.dataBuffer or transport._tempDataBuffer:
            if self.unsent() > UNSENT_LIMIT:
                self.close(Close.SLOW)
            else:
                transport.write(data)
            return
        try:
            sent = transport.socket.send(data)
        except OSError:
            sent = 0  # it takes nothing more now, or the peer is gone: the reactor tells one from the other
        if sent < len(data):
            transport.write(data[sent:])

    def unsent(self) -> int:
        """Bytes that the kernel has not taken: the two buffers of twisted.internet.abstract.FileDescriptor."""
        transport = self.protocol.transport
        return int(len(transport.dataBuffer) - transport.offset + transport._tempDataLen)

    def close(self, code: int) -> None:
        if self.protocol.state == OPEN:
            self.protocol.sendClose(code=int(code))


class SocketProtocol(WebSocketProtocol):  # type: ignore[misc]
    """Daphne's, with an inbox that is bounded."""

    flooded = False

    def open_inbox(self) -> Inbox:
        return Inbox(self.transport.pauseProducing, self.transport.resumeProducing)

    def onFrameBegin(self) -> None:  # noqa: N802
        """Every frame counts: pings, and empty parts of a message that never ends, are work too."""
        if self.state == OPEN and self.application_queue.is_flooded():
            self.flooded = True
            self.sendClose(code=int(Close.FLOODING))
        super().onFrameBegin()

    def processData(self) -> bool:  # noqa: N802
        """A flooder's frames are not even parsed: thousands of them are still to come, and everybody else waits."""
        return not self.flooded and bool(super().processData())

    def _dataReceived(self, data: bytes) -> None:  # noqa: N802
        if not self.flooded:
            super()._dataReceived(data)

    def onMessageEnd(self) -> None:  # noqa: N802
        """autobahn's own also tells listeners, of which there are none, by a future for each message."""
        parts, self.message_data = self.message_data, None  # type: ignore[has-type]
        if not self.failedByMe:
            self.onMessage(b"".join(parts), self.message_is_binary)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803 - autobahn's names
        if self.state != OPEN:
            return
        self.last_ping = time.time()
        # As it came: the decoder of commands reads bytes, and tells what is no UTF-8.
        inbox: Inbox = self.application_queue
        inbox.put({"type": "websocket.receive", "bytes" if isBinary else "text": payload}, len(payload))


class LiveServer(Server):  # type: ignore[misc]
    def __init__(self, *args: Any, watchdog: Watchdog, drain_seconds: float = 5.0, **kwargs: Any) -> None:
        super().__init__(
            *args,
            websocket_max_message_size=MESSAGE_LIMIT,
            websocket_max_frame_size=MESSAGE_LIMIT,
            ready_callable=self.speak_our_way,
            **kwargs,
        )
        self.watchdog = watchdog
        self.drain_seconds = drain_seconds
        self.ports: list[Any] = []

    @property
    def http_factory(self) -> DoorFactory:
        """What listens; Daphne sets its own web server here before it opens the ports."""
        return DoorFactory(self)

    @http_factory.setter
    def http_factory(self, daphnes: Any) -> None:
        pass

    def speak_our_way(self) -> None:
        """Before the reactor turns, when Daphne has made its factory."""
        self.beat(asyncio.get_event_loop_policy().get_event_loop())
        self.ws_factory.protocol = SocketProtocol
        self.ws_factory.openHandshakeTimeout = 0  # the door has waited for all of it
        # autobahn copies forty settings into every connection, unless they are there already, and formats them for a
        # line of its log that nobody reads: together a good part of a handshake, and kilobytes of each socket.
        for name in SocketProtocol.CONFIG_ATTRS:
            value = getattr(self.ws_factory, name)
            setattr(SocketProtocol, name, staticmethod(value) if callable(value) else value)
        vars(autobahn_protocol)["pformat"] = lambda settings: ""

    def beat(self, loop: asyncio.AbstractEventLoop) -> None:
        """By the loop's own clock, which nobody can set back: Twisted counts by the time of day."""
        self.watchdog.beat()
        loop.call_later(BEAT, self.beat, loop)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        scope["extensions"] = {"myweb.wire": DirectWire(protocol)}
        inbox = protocol.open_inbox()
        consumer = self.application(scope, inbox.get, partial(self.handle_reply, protocol))
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(consumer)
        return inbox

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
