"""The way that people's requests take: through nginx, under one of the site's addresses."""

import ipaddress
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from care.doctor.database import to_reach_it
from care.doctor.finding import Finding, failed, warning
from care.doctor.ways import way
from monitor.checks import text
from monitor.metrics.tls_contexts import tls_context

TIMEOUT = 3.0  # seconds for each step of a request
AWAY = {502, 503, 504}  # what a proxy says of who is behind it


class Wrong(Exception):
    """One sentence about an address that was given."""


class Front:
    """``where`` is an address, or the path of a unix socket; asked under the name of ``origin``, whatever it is.

    Whether a certificate is to be trusted is the business of one check; nothing secret is sent here.
    """

    def __init__(self, where: str = "", origin: str = "") -> None:
        self.origin = origin or settings.ORIGINS[0]
        self.where = where or settings.FRONT or self.origin
        self.socket = self.where if self.where.startswith("/") else None
        self.url = self.origin if self.socket else read(self.where)
        self.spoken: httpx.Client | None = None

    def under(self, origin: str) -> "Front":
        """The same door, asked under another name."""
        return Front(self.where if self.socket or self.where != self.origin else origin, origin)

    def past_nginx(self, socket: str) -> "Front":
        """To who is behind it, under the same name. TLS is not spoken there, and asked in vain."""
        door = Front(socket, self.origin)
        door.url = door.url.replace("https:", "http:", 1)
        return door

    @property
    def is_plain_before_tls(self) -> bool:
        """Something else ends TLS, or should."""
        return self.origin.startswith("https:") and not self.url.startswith("https:")

    def client(self) -> httpx.Client:
        if self.spoken is None:
            if self.socket and self.url.startswith("https:") and not speaks_tls(self.socket, self.url):
                self.url = self.url.replace("https:", "http:", 1)
            transport = httpx.HTTPTransport(verify=tls_context(verify=False), uds=self.socket, retries=0)
            self.spoken = httpx.Client(transport=transport, timeout=TIMEOUT, trust_env=False, base_url=self.url)
        return self.spoken

    def options(self, host: str = "", headers: dict[str, str] | None = None) -> dict[str, Any]:
        """As a proxy that ends TLS would ask; who does not believe it goes by what it sees."""
        told = urlsplit(self.origin)
        given = {"Host": host or told.netloc, "User-Agent": "myweb-doctor", "Accept": "*/*"}
        if self.where != self.origin:
            given["X-Forwarded-Proto"] = told.scheme
        return {"headers": given | (headers or {}), "extensions": {"sni_hostname": told.hostname or ""}}

    def get(self, path: str, host: str = "", **headers: str) -> httpx.Response:
        """Raises :class:`httpx.TransportError`."""
        client = self.client()
        asked = self.options(host, headers)
        return client.get(path, headers=asked["headers"], extensions=asked["extensions"])

    def timed(self, path: str) -> tuple[httpx.Response, float]:
        begun = time.perf_counter()
        return self.get(path), time.perf_counter() - begun

    def close(self) -> None:
        if self.spoken:
            self.spoken.close()
            self.spoken = None


def read(where: str) -> str:
    url = urlsplit(where)
    if url.scheme not in {"http", "https"} or not url.hostname or url.path.strip("/") or url.query:
        raise Wrong(
            f"{where!r} is not a valid address; use a URL like http://127.0.0.1:8080, or the path of a unix socket."
        )
    if "@" in url.netloc:
        raise Wrong("Don't put a password into the URL: others can read it.")
    return f"{url.scheme}://{url.netloc}"


def speaks_tls(socket: str, url: str) -> bool:
    try:
        with httpx.HTTPTransport(verify=tls_context(verify=False), uds=socket) as transport:
            timeouts = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT)
            transport.handle_request(httpx.Request("GET", f"{url}/healthz", extensions={"timeout": timeouts})).close()
    except httpx.TransportError as error:
        return not isinstance(text.root_of(error), ssl.SSLError)
    return True


def silent(front: Front, error: httpx.TransportError, behind: str = "nginx", *, first: bool = True) -> Finding:
    """Whose fault it is that nothing comes. Of several addresses the first has to work, from here as well."""
    said = f"{front.where} does not respond: {trouble(error)}"
    if not first:
        return warning(said, f"Lead {front.origin} here, or take it out of MYWEB_ORIGINS - unless it works for others")
    if isinstance(error, httpx.ReadTimeout) and serves_files(front):
        return failed(f"{said}; nginx waits for {behind}", to_reach_it(behind))
    mend = way().starts("nginx")
    if front.where == front.origin and not is_loopback(urlsplit(front.origin).hostname or ""):
        mend += f" - or, if this host can't reach {front.origin}: --url http://127.0.0.1:8080"
    return failed(said, mend)


def serves_files(front: Front) -> bool:
    """nginx does that by itself."""
    try:
        return bool(front.get(settings.STATIC_URL).status_code)
    except httpx.TransportError:
        return False


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost") or host.startswith("/")


def trouble(error: BaseException) -> str:
    return "timeout" if isinstance(error, httpx.TimeoutException) else text.trouble(error).rstrip(".")
