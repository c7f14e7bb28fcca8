"""Asks a server for its metrics, in the text format of Prometheus.

Only admins say who is asked, and they may name servers of their own network. What is refused are addresses where a
machine finds secrets of its own: link-local ones, among them those of the cloud providers. The address that was looked
at is the one that is connected to, and nobody is followed elsewhere.
"""

import http.client
import re
import socket
import ssl
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from time import monotonic
from typing import Any
from urllib.parse import SplitResult, urlsplit

from monitor.ingest.compression import BadGzip, TooLarge, UnknownEncoding, decompress
from monitor.ingest.formats import decode_text
from monitor.metrics import Down

LONGEST = 4 * 1024 * 1024  # bytes of an answer
ACCEPTED = (
    "text/plain;version=1.0.0;escaping=allow-utf-8,text/plain;version=0.0.4;q=0.9,"
    "application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1"
)
SECRETIVE = [
    ip_network(each)
    for each in (
        "169.254.0.0/16",
        "fe80::/10",
        "fd00:ec2::/32",  # Amazon's, by IPv6
        "100.100.100.200/32",  # Alibaba's
        "168.63.129.16/32",  # Azure's
        "192.0.0.192/32",  # Oracle's, its older one
    )
]
MAPPED = ip_network("64:ff9b::/96")  # IPv4 behind a translator
VISIBLE = re.compile(r"[!-~]+")


class BadAddress(ValueError):
    """The text is a sentence for a person."""


def checked(url: str) -> SplitResult:
    found = urlsplit(url)
    try:
        port = found.port
    except ValueError:
        port = -1
    if not VISIBLE.fullmatch(url) or found.scheme not in {"http", "https"} or not found.hostname or port in {-1, 0}:
        raise BadAddress("An address is written like http://host:9100/metrics.")
    if found.username is not None or found.password is not None:
        raise BadAddress("No name or password in the address, please. There is a field for a token.")
    return found


def is_secretive(address: str) -> bool:
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or (IPv4Address(int(found) & 0xFFFFFFFF) if found in MAPPED else found)
    return found.is_multicast or any(found in each for each in SECRETIVE if each.version == found.version)


def addresses(host: str, port: int) -> list[Any]:
    """What ``socket`` can connect to. Raises :class:`Down` if any of them is not to be asked."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Down(f"Nobody knows where {host} is.") from None
    if any(is_secretive(str(each[4][0])) for each in found):
        raise Down(f"{host} is at an address that is not asked: there a machine finds secrets of its own.")
    return [(each[0], each[4]) for each in found]


@lru_cache(maxsize=64)
def make_context(ca: str) -> ssl.SSLContext:
    """``ca``: certificates in PEM that are trusted instead of the system's. Raises SSLError or ValueError.

    To make one takes 20 ms.
    """
    if ca and "-----BEGIN CERTIFICATE-----" not in ca:
        raise ValueError("It holds no certificate in PEM.")
    return ssl.create_default_context(cadata=ca.encode("ascii", "ignore").decode() or None)


class Line(http.client.HTTPConnection):
    """A connection to an address that was looked at before; ``until`` is when all must be over."""

    def __init__(self, url: SplitResult, until: float, ca: str) -> None:
        secure = url.scheme == "https"
        super().__init__(url.hostname or "", url.port or (443 if secure else 80))
        self.until, self.context = until, make_context(ca) if secure else None

    def connect(self) -> None:
        trouble: OSError = TimeoutError()
        for family, where in addresses(self.host, self.port):
            try:
                self.sock = self.opened(family, where)
                break
            except OSError as error:
                trouble = error
        else:
            raise trouble

    def opened(self, family: int, where: Any) -> socket.socket:
        line = socket.socket(family, socket.SOCK_STREAM)
        try:
            line.settimeout(self.left())
            line.connect(where)
            return self.context.wrap_socket(line, server_hostname=self.host) if self.context else line
        except OSError:
            line.close()
            raise

    def left(self) -> float:
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def ask(url: str, bearer: str, timeout: float, ca: str = "") -> str:
    """What it says. Raises :class:`Down` with a sentence for a person."""
    found = checked(url)
    try:
        line = Line(found, monotonic() + timeout, ca)
    except (ssl.SSLError, ValueError) as error:
        raise Down(f"Its certificate authority cannot be used: {error}.") from None
    try:
        return told(line, found, bearer)
    except TimeoutError:
        raise Down(f"No whole answer came within {timeout:g} s.") from None
    except ssl.SSLError as error:
        raise Down(f"The connection is not safe: {error.reason or error}.") from None
    except (OSError, http.client.HTTPException) as error:
        raise Down(f"It cannot be asked: {getattr(error, 'strerror', None) or repr(error)}.") from None
    finally:
        line.close()


def told(line: Line, url: SplitResult, bearer: str) -> str:
    headers = {"Accept": ACCEPTED, "Accept-Encoding": "gzip", "User-Agent": "myweb", "Connection": "close"}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    line.request("GET", (url.path or "/") + (f"?{url.query}" if url.query else ""), headers=headers)
    sock = line.sock
    sock.settimeout(line.left())
    answer = line.getresponse()
    if answer.status != 200:
        raise Down(f"It answers with status {answer.status} instead of 200.")
    body = bytearray()
    while piece := answer.read1(65_536):
        body += piece
        if len(body) > LONGEST:
            raise Down(f"It answers with more than {LONGEST // 1024 // 1024} MB.")
        sock.settimeout(line.left())
    if answer.headers.get_content_type() == "text/html":
        raise Down("It answers with a web page, which is not the text format of Prometheus.")
    content = inflated(bytes(body), answer.headers.get("Content-Encoding", ""))
    return decode_text(content, answer.headers.get_content_charset(""))


def inflated(body: bytes, encoding: str) -> bytes:
    try:
        return decompress(body, encoding, LONGEST)
    except UnknownEncoding:
        raise Down(f"What it answers is compressed by {encoding[:40]!r}; only gzip is understood.") from None
    except TooLarge:
        raise Down(f"It answers with more than {LONGEST // 1024 // 1024} MB.") from None
    except BadGzip:
        raise Down("What it answers is not gzip, or not the whole of it.") from None
