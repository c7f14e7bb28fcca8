"""nginx, from its stub_status page and a log of its responses."""

import http.client
import re
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from monitor.metrics.readings import Rates, Reading, SourceDown, Unit
from monitor.metrics.sources.requests import RequestLogReader
from monitor.metrics.sources.source import SourceReader

TIMEOUT = 0.8  # seconds
PAGE = re.compile(
    r"Active connections: (?P<active>\d+)\s+server accepts handled requests\s+"
    r"(?P<accepts>\d+) (?P<handled>\d+) (?P<requests>\d+)\s+"
    r"Reading: (?P<reading>\d+) Writing: (?P<writing>\d+) Waiting: (?P<waiting>\d+)"
)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(self.path)


def fetch_status(address: str) -> str:
    """``address`` is ``http://host:port/path``, or the path of a unix socket."""
    url = urlsplit(address)
    unix = address.startswith("/")
    connection = UnixConnection(address) if unix else http.client.HTTPConnection(url.netloc, timeout=TIMEOUT)
    try:
        connection.request("GET", "/" if unix else url.path or "/")
        response = connection.getresponse()
        return response.read(4096).decode("latin-1") if response.status == 200 else ""
    except http.client.HTTPException as error:
        raise SourceDown(f"nginx returned no status: {error!r}.") from None
    finally:
        connection.close()


class NginxReader(SourceReader):
    key = "nginx"

    def __init__(self, status: str, requests: str = "") -> None:
        self.status = status
        self.requests = RequestLogReader(requests) if requests else None
        self.rates = Rates()

    def read(self, at: float) -> Iterable[Reading]:
        page = PAGE.search(fetch_status(self.status))
        if not page:
            raise SourceDown(f"{self.status} is not nginx's stub_status page.")
        counts = {name: int(value) for name, value in page.groupdict().items()}
        yield from (
            Reading(f"connections.{name}", counts[name]) for name in ("active", "reading", "writing", "waiting")
        )
        for name, total in (
            ("requests", counts["requests"]),
            ("accepted", counts["accepts"]),
            ("dropped", counts["accepts"] - counts["handled"]),
        ):
            yield from self.rates.reading(name, total, at, Unit.PER_SECOND)
        if self.requests:
            yield from self.requests.read(at)
