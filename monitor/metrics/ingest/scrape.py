"""Fetches metrics from a server, in the text format of Prometheus. How often by default: models/ingest.py.

Only admins set the URLs, and servers of the internal network are allowed. Link-local addresses are blocked, since cloud
providers serve secrets there. The checked address is the one connected to, and redirects are not followed.
"""

import http.client
import re
import socket
import ssl
from functools import lru_cache
from time import monotonic
from urllib.parse import SplitResult, urlsplit

from monitor.metrics.ingest.compression import BadGzip, TooLarge, UnknownEncoding, decompress_limited
from monitor.metrics.ingest.formats import decode_body_text
from monitor.metrics.readings import SourceDown
from myweb import network_policy
from myweb.network_policy import Reach
from myweb.tls_contexts import create_default_context, get_tls_context

MAX_RESPONSE = 4 * 1024 * 1024  # bytes of a response
ACCEPT = (
    "text/plain;version=1.0.0;escaping=allow-utf-8,text/plain;version=0.0.4;q=0.9,"
    "application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1"
)
REACH = Reach.INSIDE  # admins may use servers of the internal network
VISIBLE = re.compile(r"[!-~]+")


class BadAddress(ValueError):
    """The text is a sentence for users."""


def parse_target_url(url: str) -> SplitResult:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if not VISIBLE.fullmatch(url) or parts.scheme not in {"http", "https"} or not parts.hostname or port in {-1, 0}:
        raise BadAddress("Use the format http://host:9100/metrics.")
    if parts.username is not None or parts.password is not None:
        raise BadAddress("The URL can't contain a user name or password. Use the token field.")
    return parts


def resolve_target(host: str, port: int) -> list[str]:
    """Raises :class:`SourceDown` if any address is blocked."""
    try:
        return network_policy.resolve_host_blocking(host, port, REACH)
    except network_policy.OutOfReach:
        raise SourceDown(f"{host} is blocked: link-local or cloud metadata address.") from None
    except (OSError, UnicodeError):
        raise SourceDown(f"{host} can't be resolved.") from None


@lru_cache(maxsize=64)
def get_private_ca_context(ca: str) -> ssl.SSLContext:
    """Trust ``ca``, certificates in PEM, instead of the system's. Raises SSLError or ValueError."""
    if "-----BEGIN CERTIFICATE-----" not in ca:
        raise ValueError("It contains no PEM certificate.")
    return create_default_context(ca.encode("ascii", "ignore").decode())


def get_scrape_context(ca: str) -> ssl.SSLContext:
    """Share the context, since creating one takes 20 ms. Without ``ca`` it trusts the system's authorities."""
    return get_private_ca_context(ca) if ca else get_tls_context()


class ScrapeConnection(http.client.HTTPConnection):
    """A connection to a checked address. ``until`` is the deadline of the whole request."""

    def __init__(self, url: SplitResult, until: float, ca: str) -> None:
        secure = url.scheme == "https"
        super().__init__(url.hostname or "", url.port or (443 if secure else 80))
        self.deadline, self.context = until, get_scrape_context(ca) if secure else None

    def connect(self) -> None:
        last_error: OSError = TimeoutError()
        for address in resolve_target(self.host, self.port):
            try:
                self.sock = self.open_socket(address)
                break
            except OSError as error:
                last_error = error
        else:
            raise last_error

    def open_socket(self, address: str) -> socket.socket:
        connection = socket.create_connection((address, self.port), self.get_remaining_time())
        try:
            return self.context.wrap_socket(connection, server_hostname=self.host) if self.context else connection
        except OSError:
            connection.close()
            raise

    def get_remaining_time(self) -> float:
        remaining = self.deadline - monotonic()
        if remaining <= 0:
            raise TimeoutError
        return remaining


def fetch_metrics(url: str, bearer: str, timeout: float, ca: str = "") -> str:
    """Return the body. Raises :class:`SourceDown` with a sentence for users."""
    target = parse_target_url(url)
    try:
        connection = ScrapeConnection(target, monotonic() + timeout, ca)
    except (ssl.SSLError, ValueError) as error:
        raise SourceDown(f"The certificate authority is invalid: {error}.") from None
    try:
        return read_response(connection, target, bearer)
    except TimeoutError:
        raise SourceDown(f"No complete response within {timeout:g} s.") from None
    except ssl.SSLError as error:
        raise SourceDown(f"TLS failed: {error.reason or error}.") from None
    except (OSError, http.client.HTTPException) as error:
        raise SourceDown(f"The connection failed: {getattr(error, 'strerror', None) or repr(error)}.") from None
    finally:
        connection.close()


def read_response(connection: ScrapeConnection, url: SplitResult, bearer: str) -> str:
    headers = {"Accept": ACCEPT, "Accept-Encoding": "gzip", "User-Agent": "myweb", "Connection": "close"}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    connection.request("GET", (url.path or "/") + (f"?{url.query}" if url.query else ""), headers=headers)
    sock = connection.sock
    sock.settimeout(connection.get_remaining_time())
    response = connection.getresponse()
    if response.status != 200:
        raise SourceDown(f"HTTP status {response.status}, expected 200.")
    body = bytearray()
    while chunk := response.read1(65_536):
        body += chunk
        if len(body) > MAX_RESPONSE:
            raise SourceDown(f"The response is larger than {MAX_RESPONSE // 1024 // 1024} MB.")
        sock.settimeout(connection.get_remaining_time())
    if response.headers.get_content_type() == "text/html":
        raise SourceDown("The response is a web page, not the Prometheus text format.")
    content = decompress_response_body(bytes(body), response.headers.get("Content-Encoding", ""))
    return decode_body_text(content, response.headers.get_content_charset(""))


def decompress_response_body(body: bytes, encoding: str) -> bytes:
    try:
        return decompress_limited(body, encoding, MAX_RESPONSE)
    except UnknownEncoding:
        raise SourceDown(f"The response is compressed by {encoding[:40]!r}; only gzip is supported.") from None
    except TooLarge:
        raise SourceDown(f"The response is larger than {MAX_RESPONSE // 1024 // 1024} MB.") from None
    except BadGzip:
        raise SourceDown("The response is not valid gzip.") from None
