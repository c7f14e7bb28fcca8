"""Values that programs send by UDP in the format of statsd. The port has no authentication: bind it to loopback."""

import logging
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from monitor.metrics.component import CollectorComponent
from monitor.metrics.ingest.statsd import StatsdAggregator
from monitor.metrics.readings import Reading, SourceDown
from monitor.metrics.sources.source import SourceReader

if TYPE_CHECKING:
    from monitor.metrics.catalogue import Catalogue

logger = logging.getLogger(__name__)

MAX_DATAGRAM = 65_536  # bytes of a datagram
TIMEOUT = 0.2  # seconds until the listener checks whether it must stop


class StatsdReader(SourceReader, CollectorComponent):
    """Listens while this collector is active: only one process of a machine can."""

    key = "statsd"

    def __init__(self, host: str, port: int) -> None:
        self.where = host, port
        self.line: socket.socket | None = None
        self.listener: threading.Thread | None = None
        self.trouble = "The listener has not started yet."
        self.lock, self.tally = threading.Lock(), StatsdAggregator(time.monotonic())

    def begin(self, catalogue: "Catalogue") -> None:
        self.open()

    def end(self) -> None:
        self.line, self.trouble = None, "The listener has stopped."
        if self.listener:
            self.listener.join()  # the port is free after this

    def second(self, t: int) -> None:
        if self.line is None:
            self.open()

    def open(self) -> None:
        family = socket.AF_INET6 if ":" in self.where[0] else socket.AF_INET
        udp_socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            udp_socket.bind(self.where)
        except OSError as error:
            udp_socket.close()
            self.trouble = f"It can't listen on {self.where[0]}:{self.where[1]}: {error.strerror}."
            return
        udp_socket.settimeout(TIMEOUT)
        self.line, self.tally = udp_socket, StatsdAggregator(time.monotonic())
        self.listener = threading.Thread(target=self.listen, args=[udp_socket], name="statsd", daemon=True)
        self.listener.start()

    def listen(self, udp_socket: socket.socket) -> None:
        try:
            with udp_socket:
                while self.line is udp_socket:
                    self.hear(udp_socket)
        except Exception:
            logger.exception("The statsd listener failed; restarting it")
        if self.line is udp_socket:
            self.line, self.trouble = None, "The listener failed."

    def hear(self, udp_socket: socket.socket) -> None:
        try:
            datagram = udp_socket.recv(MAX_DATAGRAM).decode(errors="replace")
        except TimeoutError:
            return
        with self.lock:
            self.tally.take(datagram.split("\n"), time.monotonic())

    def read(self, at: float) -> Iterable[Reading]:
        if self.line is None:
            raise SourceDown(self.trouble)
        with self.lock:
            return self.tally.readings(time.monotonic())

    def take_dropped(self) -> Sequence[str]:
        with self.lock:
            dropped, self.tally.dropped = self.tally.dropped, []
        return dropped
