"""Requests MYWEB_HEARTBEAT_URL each minute, so that a service outside notices when this site stops.

Only the active collector does, and only while the database works: no request is the alarm. Whether the last request
arrived is the source ``heartbeat``; it is down if the network leads nowhere.
"""

import http.client
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from django.conf import settings

from monitor.metrics.collector_job import CollectorJob
from monitor.metrics.ingest.scrape import BadAddress, ScrapeConnection, parse_target_url
from monitor.metrics.readings import Reading, SourceDown, Unit
from monitor.metrics.sources.source import SourceReader

INTERVAL = 60  # seconds
TIMEOUT = 10.0  # seconds of a request


class HeartbeatReader(SourceReader):
    key = "heartbeat"
    interval = float(INTERVAL)

    def __init__(self) -> None:
        self.result: float | str | None = None  # seconds of the last request, or why it failed

    def read(self, at: float) -> Iterable[Reading]:
        if isinstance(self.result, str):
            raise SourceDown(self.result)
        return [] if self.result is None else [Reading("answer", self.result, Unit.SECONDS)]


class OutgoingHeartbeat(CollectorJob):
    def __init__(self) -> None:
        self.source = HeartbeatReader()
        self.threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="heartbeat")
        self.pending: Future[None] | None = None
        self.sent_at = 0  # tick

    def own_sources(self) -> Sequence[SourceReader]:
        return [self.source] if settings.HEARTBEAT_URL else []

    def begin(self, catalogue: object) -> None:
        self.sent_at = 0

    def second(self, t: int) -> None:
        is_due = abs(t - self.sent_at) >= INTERVAL and (self.pending is None or self.pending.done())
        if settings.HEARTBEAT_URL and is_due:
            self.sent_at = t
            self.pending = self.threads.submit(self.send)

    def send(self) -> None:
        started = time.perf_counter()
        try:
            request_url(settings.HEARTBEAT_URL)
            self.source.result = time.perf_counter() - started
        except (SourceDown, BadAddress) as error:
            self.source.result = str(error)


def request_url(url: str) -> None:
    """A redirect is not followed. Raises :class:`SourceDown` or :class:`BadAddress`; neither text holds the URL."""
    target = parse_target_url(url)
    connection = ScrapeConnection(target, time.monotonic() + TIMEOUT, "")
    try:
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        connection.request("GET", path, headers={"User-Agent": "myweb", "Connection": "close"})
        connection.sock.settimeout(connection.get_remaining_time())
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise SourceDown(f"The request failed: {getattr(error, 'strerror', None) or repr(error)}.") from None
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise SourceDown(f"HTTP status {status}, expected 2xx.")
