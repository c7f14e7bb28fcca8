"""uWSGI, from its statistics server.

Only named numbers are read: ``cores[].vars`` holds the headers of requests, including cookies.
"""

import socket
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from monitor.metrics.readings import Rates, Reading, SourceDown, Unit
from monitor.metrics.sources.backlog import read_backlog
from monitor.metrics.sources.host import CpuTimes
from monitor.metrics.sources.source import SourceReader

MAX_RESPONSE = 4 * 1024 * 1024  # bytes
TIMEOUT = 0.8  # seconds


class UwsgiListener(msgspec.Struct):
    name: str = ""
    queue: int = 0
    max_queue: int = 0


class UwsgiApp(msgspec.Struct):
    mountpoint: str = ""
    requests: int = 0
    exceptions: int = 0


class UwsgiWorker(msgspec.Struct):
    id: int = 0
    pid: int = 0
    status: str = ""
    requests: int = 0
    exceptions: int = 0
    harakiri_count: int = 0
    respawn_count: int = 0
    running_time: int = 0  # microseconds
    tx: int = 0
    rss: int = 0
    apps: list[UwsgiApp] = []


class UwsgiStats(msgspec.Struct):
    listen_queue: int = 0
    listen_queue_errors: int = 0
    load: int = 0
    signal_queue: int = 0
    sockets: list[UwsgiListener] = []
    workers: list[UwsgiWorker] = []


def fetch_stats(address: str) -> bytes:
    """Read until the statistics server on ``host:port`` or a unix socket closes the connection."""
    target: Any = address
    family = socket.AF_UNIX
    if not address.startswith("/"):
        host, _colon, port = address.rpartition(":")
        family, target = socket.AF_INET, (host, int(port))
    response = bytearray()
    with socket.socket(family) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(target)
        while chunk := connection.recv(65536):
            response += chunk
            if len(response) > MAX_RESPONSE:
                raise SourceDown("The response is too large for uWSGI statistics.")
    return bytes(response)


class WebReader(SourceReader):
    key = "web"

    def __init__(self, stats: str) -> None:
        self.stats = stats
        self.rates = Rates()
        self.cpu_times = CpuTimes()

    def read(self, at: float) -> Iterable[Reading]:
        try:
            stats = msgspec.json.decode(fetch_stats(self.stats), type=UwsgiStats)
        except msgspec.DecodeError as error:
            raise SourceDown(f"{self.stats} does not return uWSGI statistics: {error}.") from None
        workers = [worker for worker in stats.workers if worker.pid]
        busy = sum(worker.status == "busy" for worker in workers)
        yield Reading("workers", len(workers))
        yield Reading("workers.busy", busy)
        yield Reading("busy", round(100 * busy / len(workers), 1) if workers else 0.0, Unit.PERCENT)
        yield from read_queues(stats)
        yield from self.rates.reading("queue.errors", stats.listen_queue_errors, at)
        yield Reading("signals", stats.signal_queue)
        yield from (
            Reading("cpu", reading.value, reading.unit)
            for reading in self.cpu_times.read()
            if reading.name == "cpu.busy"
        )
        yield from self.read_workers(stats.workers, at)
        if memory := sum(worker.rss for worker in workers):
            yield Reading("memory", memory, Unit.BYTES)

    def read_workers(self, workers: list[UwsgiWorker], at: float) -> Iterator[Reading]:
        """uWSGI keeps the counters of a worker that was restarted."""
        requests = self.rates.of("requests", sum(worker.requests for worker in workers), at)
        running = self.rates.of("running", sum(worker.running_time for worker in workers) / 1e6, at)
        if requests is not None:
            yield Reading("requests", requests, Unit.PER_SECOND)
            if requests and running is not None:
                yield Reading("request.time", running / requests, Unit.SECONDS)
        for name, field in (
            ("exceptions", "exceptions"),
            ("harakiri", "harakiri_count"),
            ("respawns", "respawn_count"),
        ):
            yield from self.rates.reading(name, sum(getattr(worker, field) for worker in workers), at)
        yield from self.rates.reading("sent", sum(worker.tx for worker in workers), at, Unit.BYTES_PER_SECOND)
        yield from self.read_apps([app for worker in workers for app in worker.apps], at)

    def read_apps(self, apps: list[UwsgiApp], at: float) -> Iterator[Reading]:
        for mountpoint in sorted({app.mountpoint for app in apps}):
            for name in ("requests", "exceptions"):
                total = sum(getattr(app, name) for app in apps if app.mountpoint == mountpoint)
                yield from self.rates.reading(f"app.{name} {mountpoint or '/'}", total, at)


def read_queues(stats: UwsgiStats) -> Iterator[Reading]:
    """Read the queue of unix sockets from the kernel, since uWSGI always reports 0 for them."""
    waiting, limit = stats.listen_queue, max((listener.max_queue for listener in stats.sockets), default=0)
    for listener in stats.sockets:
        if listener.name.startswith("/"):
            backlog = read_backlog(listener.name)
            if backlog:
                waiting, limit = max(waiting, backlog[0]), max(limit, backlog[1])
    yield Reading("queue", waiting)
    if limit:
        yield Reading("queue.most", limit)
