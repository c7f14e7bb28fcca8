"""Daphne with more than ASGI offers: frames shared by many sockets, bounded unsent bytes, a graceful shutdown.

Under any other ASGI server the hub works too, through plain ``send``. Over how many seconds sockets are closed at a
shutdown is DRAIN_SECONDS of management/commands/live.py.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from autobahn.websocket import protocol as autobahn_protocol
from autobahn.websocket.compress import PERMESSAGE_COMPRESSION_EXTENSION
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer

from myweb.page_server import PageServer
from realtime.admission import Admission
from realtime.deflate import Acceptance, Inflater, Offer
from realtime.handshake import HandshakeFactory
from realtime.protocol import Close
from realtime.receive_queue import ReceiveQueue
from realtime.socket import MAX_UNSENT_BYTES, Frame
from realtime.watchdog import HEARTBEAT_INTERVAL, Watchdog

logger = logging.getLogger(__name__)

MESSAGE_LIMIT = 64 * 1024  # bytes of one message from a client
# Seconds of silence after which the server pings a socket. The timeouts of the proxies in deploy/ are longer.
# The client pings too: see PING_INTERVAL in realtime/static/realtime/socket.js.
PING_INTERVAL = 20
ENTERING_TIMEOUT = 1.0  # seconds after its hello in which a client subscribes
ENTERING_LIMIT = 10.0  # seconds, whatever it does: a client that never stops sending would keep the place of another
ACCEPTS = 50  # connections taken from the listen backlog in one turn of the loop
DRAINED_PER_SECOND = 200  # sockets at a shutdown, or more if drain_seconds would not do
OPEN = WebSocketProtocol.STATE_OPEN


class DirectWire:
    """Writes encoded frames directly to the socket, as long as Twisted's buffers are empty."""

    __slots__ = ("compresses", "protocol")

    def __init__(self, protocol: WebSocketProtocol) -> None:
        self.protocol = protocol
        self.compresses = False

    def write(self, frame: Frame) -> None:
        protocol = self.protocol
        if protocol.state != OPEN:
            return
        transport, data = protocol.transport, frame.compressed_wire if self.compresses else frame.wire
        if transport.dataBuffer or transport._tempDataBuffer:
            if self.unsent() > MAX_UNSENT_BYTES:
                self.close(Close.SLOW)
            else:
                transport.write(data)
            return
        try:
            sent = transport.socket.send(data)
        except OSError:
            sent = 0  # the buffer is full or the peer is gone; the reactor finds out which
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
    """Daphne's, with a bounded receive queue. It tells admission when it has been let in."""

    flooded = False
    is_entering = True
    timer: asyncio.TimerHandle | None = None
    wire: DirectWire

    def perMessageCompressionAccept(self, offers: list[Offer]) -> Acceptance | None:  # noqa: N802
        """The first offer that can be accepted. It is called before anything is written."""
        acceptance = next((accepted for offer in offers if (accepted := offer.accept())), None)
        self.wire.compresses = acceptance is not None
        return acceptance

    def open_receive_queue(self) -> ReceiveQueue:
        self.finish_entering_in(ENTERING_LIMIT)
        return ReceiveQueue(self.transport.pauseProducing, self.transport.resumeProducing, self.on_wait)

    def on_wait(self, taken: int) -> None:
        """The consumer has done what came: first the hello, then the commands that followed it."""
        if taken > 1:
            self.finish_entering()
        elif taken:
            self.finish_entering_in(ENTERING_TIMEOUT)

    def finish_entering_in(self, seconds: float) -> None:
        if self.timer:
            self.timer.cancel()
        self.timer = asyncio.get_running_loop().call_later(seconds, self.finish_entering)

    def finish_entering(self) -> None:
        if not self.is_entering:
            return
        self.is_entering = False
        if self.timer:
            self.timer.cancel()
        if queue := getattr(self, "application_queue", None):
            queue.on_wait = None
        self.server.admission.leave()

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802
        super().connectionLost(reason)
        self.finish_entering()

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:  # noqa: N802, N803
        """Commands of a client that went before they were done are not begun: it sends them again."""
        if self.is_entering and hasattr(self, "application_queue"):
            self.application_queue.clear()
        super().onClose(wasClean, code, reason)

    def onFrameBegin(self) -> None:  # noqa: N802
        """Every frame counts: pings and empty fragments cost time, too."""
        if self.state == OPEN and self.application_queue.is_flooded():
            self.flooded = True
            self.sendClose(code=int(Close.FLOODING))
        super().onFrameBegin()

    def processData(self) -> bool:  # noqa: N802
        """The rest of a flood is not parsed: there may be thousands of frames, and all other sockets wait.

        Nor is what follows an unreadable frame.
        """
        return not (self.flooded or self.failedByMe) and bool(super().processData())

    def _dataReceived(self, data: bytes) -> None:  # noqa: N802
        if not (self.flooded or self.failedByMe):
            super()._dataReceived(data)

    def onMessageEnd(self) -> None:  # noqa: N802
        """autobahn's own also makes a future for each message, to call listeners that we do not have."""
        parts, self.message_data = self.message_data, None  # type: ignore[has-type]
        if not self.failedByMe:
            self.onMessage(b"".join(parts), self.message_is_binary)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803 - autobahn's names
        if self.state != OPEN:
            return
        self.last_ping = time.time()
        # Not decoded: the command decoder reads bytes, and rejects what is not UTF-8.
        queue: ReceiveQueue = self.application_queue
        queue.put({"type": "websocket.receive", "bytes" if isBinary else "text": payload}, len(payload))


class LiveServer(Server):  # type: ignore[misc]
    def __init__(
        self,
        *args: Any,
        watchdog: Watchdog,
        drain_seconds: float,
        pages: PageServer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            *args,
            websocket_max_message_size=MESSAGE_LIMIT,
            websocket_max_frame_size=MESSAGE_LIMIT,
            ping_interval=PING_INTERVAL,
            ready_callable=self.prepare_factory,
            **kwargs,
        )
        self.watchdog = watchdog
        self.drain_seconds = drain_seconds
        self.admission = Admission()
        self.pages = pages  # of the same process, on small hosts
        self.ports: list[Any] = []

    @property
    def http_factory(self) -> HandshakeFactory:
        """Accepts connections. Daphne sets its own web server here before it opens the ports."""
        return HandshakeFactory(self)

    @http_factory.setter
    def http_factory(self, daphnes: Any) -> None:
        pass

    def prepare_factory(self) -> None:
        """Runs before the reactor starts, when Daphne has made its factory."""
        self.send_heartbeats(asyncio.get_event_loop_policy().get_event_loop())
        self.ws_factory.protocol = SocketProtocol
        self.ws_factory.openHandshakeTimeout = 0  # Handshake has its own timeout
        self.ws_factory.failByDrop = False  # says why, before it drops the connection
        PERMESSAGE_COMPRESSION_EXTENSION.clear()
        PERMESSAGE_COMPRESSION_EXTENSION[Inflater.EXTENSION_NAME] = {"Offer": Offer, "PMCE": Inflater}
        # autobahn copies forty settings into every connection unless the class has them, and formats them for a debug
        # log line that is never written. Both cost a good part of a handshake, and kilobytes a socket.
        for name in set(SocketProtocol.CONFIG_ATTRS) - vars(SocketProtocol).keys():
            value = getattr(self.ws_factory, name)
            setattr(SocketProtocol, name, staticmethod(value) if callable(value) else value)
        vars(autobahn_protocol)["pformat"] = lambda settings: ""

    def send_heartbeats(self, loop: asyncio.AbstractEventLoop) -> None:
        """By the monotonic clock of the loop: Twisted uses the time of day."""
        if not (self.pages and self.pages.is_hanging()):
            self.watchdog.beat()
        loop.call_later(HEARTBEAT_INTERVAL, self.send_heartbeats, loop)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        protocol.wire = DirectWire(protocol)
        scope["extensions"] = {"myweb.wire": protocol.wire}
        queue = protocol.open_receive_queue()
        consumer = self.application(scope, queue.get, partial(self.handle_reply, protocol))
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(consumer)
        return queue

    def listen_success(self, port: Any) -> None:
        self.ports.append(port)
        port.doRead = partial(accept_some, port, port.doRead)
        super().listen_success(port)

    def kill_all_applications(self) -> Any:
        """Before the reactor ends: accepts no new sockets and closes all others, with a code to reconnect."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self.drain()))

    async def drain(self) -> None:
        for port in self.ports:
            port.stopListening()
        sockets = [protocol for protocol in self.connections if isinstance(protocol, WebSocketProtocol)]
        logger.info("Closing %d sockets over %.0f s", len(sockets), self.drain_seconds)
        await asyncio.gather(*(self.close_for_restart(socket, self.spread(len(sockets))) for socket in sockets))
        for _attempt in range(20):
            if all(details["application_instance"].done() for details in self.running()):
                break
            await asyncio.sleep(0.1)
        await super().kill_all_applications().asFuture(asyncio.get_running_loop())

    def spread(self, sockets: int) -> float:
        """Few sockets may reconnect at once; many are closed over the whole time."""
        return min(self.drain_seconds, sockets / DRAINED_PER_SECOND)

    def running(self) -> list[dict[str, Any]]:
        return [details for details in self.connections.values() if "application_instance" in details]

    @staticmethod
    async def close_for_restart(socket: Any, within: float) -> None:
        await asyncio.sleep(random.uniform(0, within))  # noqa: S311 - spreads load, no secret
        DirectWire(socket).close(Close.RESTART)


def accept_some(port: Any, accept: Callable[[], None]) -> None:
    """Twisted takes more in each turn as long as more come, and the other sockets wait."""
    port.numberAccepts = ACCEPTS
    accept()
