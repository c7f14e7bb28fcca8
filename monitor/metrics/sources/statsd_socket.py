"""Values that programs send by UDP in the format of statsd. The port has no authentication: bind it to loopback."""

import logging
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from monitor.metrics.collector_job import CollectorJob
from monitor.metrics.ingest.statsd import StatsdAggregator
from monitor.metrics.readings import Reading, SourceDown
from monitor.metrics.sources.source import SourceReader

if TYPE_CHECKING:
    from monitor.metrics.catalogue import Catalogue

logger = logging.getLogger(__name__)

MAX_DATAGRAM = 65_536  # bytes of a datagram
TIMEOUT = 0.2  # seconds until the listener checks whether it must stop


class StatsdReader(SourceReader, CollectorJob):
    """Listens while this collector is active: only one process of a machine can."""

    key = "statsd"

    def __init__(self, host: str, port: int) -> None:
        self.address = host, port
        self.udp_socket: socket.socket | None = None
        self.listener: threading.Thread | None = None
        self.error = "The listener has not started yet."
        self.lock, self.aggregator = threading.Lock(), StatsdAggregator(time.monotonic())

    def begin(self, catalogue: "Catalogue") -> None:
        self.open_socket()

    def end(self) -> None:
        self.udp_socket, self.error = None, "The listener has stopped."
        if self.listener:
            self.listener.join()  # the port is free after this

    def second(self, t: int) -> None:
        if self.udp_socket is None:
            self.open_socket()

    def open_socket(self) -> None:
        family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
        udp_socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            udp_socket.bind(self.address)
        except OSError as error:
            udp_socket.close()
            self.error = f"It can't listen on {self.address[0]}:{self.address[1]}: {error.strerror}."
            return
        udp_socket.settimeout(TIMEOUT)
        self.udp_socket, self.aggregator = udp_socket, StatsdAggregator(time.monotonic())
        self.listener = threading.Thread(target=self.listen, args=[udp_socket], name="statsd", daemon=True)
        self.listener.start()

    def listen(self, udp_socket: socket.socket) -> None:
        try:
            with udp_socket:
                while self.udp_socket is udp_socket:
                    self.receive(udp_socket)
        except Exception:
            logger.exception("The statsd listener failed; restarting it")
        if self.udp_socket is udp_socket:
            self.udp_socket, self.error = None, "The listener failed."

    def receive(self, udp_socket: socket.socket) -> None:
        try:
            datagram = udp_socket.recv(MAX_DATAGRAM).decode(errors="replace")
        except TimeoutError:
            return
        with self.lock:
            self.aggregator.add_lines(datagram.split("\n"), time.monotonic())

    def read(self, at: float) -> Iterable[Reading]:
        if self.udp_socket is None:
            raise SourceDown(self.error)
        with self.lock:
            return self.aggregator.readings(time.monotonic())

    def take_dropped(self) -> Sequence[str]:
        with self.lock:
            dropped, self.aggregator.dropped = self.aggregator.dropped, []
        return dropped
