"""Sends requests as browsers do: through nginx, with one of the site's host names."""

import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from monitor.checks import result_text
from myweb.tls_contexts import get_tls_context
from ops.doctor.finding import Finding, Findings, report_failure, report_warning
from ops.doctor.hints import get_start_hint, is_loopback
from ops.doctor.installation import get_installation

TIMEOUT = 3.0  # seconds for each step of a request
GATEWAY_ERRORS = {502, 503, 504}  # what a proxy returns if its upstream does not respond


class InvalidAddress(Exception):
    """One sentence about an invalid --url."""


class SiteClient:
    """``address`` is a URL, or the path of a unix socket; requests carry the host name of ``origin``.

    Certificates are verified by one check only; no request here holds secrets.
    """

    def __init__(self, address: str = "", origin: str = "") -> None:
        self.origin = origin or settings.ORIGINS[0]
        self.address = address or settings.FRONT or self.origin
        self.socket = self.address if self.address.startswith("/") else None
        self.url = self.origin if self.socket else parse_address(self.address)
        self.open_client: httpx.Client | None = None

    def with_origin(self, origin: str) -> "SiteClient":
        """The same server, with another host name."""
        return SiteClient(self.address if self.socket or self.address != self.origin else origin, origin)

    def behind_nginx(self, socket: str) -> "SiteClient":
        """A server behind nginx, with the same host name, without TLS."""
        target = SiteClient(socket, self.origin)
        target.url = target.url.replace("https:", "http:", 1)
        return target

    @property
    def is_plain_before_tls(self) -> bool:
        """Another proxy terminates TLS, or should."""
        return self.origin.startswith("https:") and not self.url.startswith("https:")

    def client(self) -> httpx.Client:
        if self.open_client is None:
            if self.socket and self.url.startswith("https:") and not speaks_tls(self.socket, self.url):
                self.url = self.url.replace("https:", "http:", 1)
            transport = httpx.HTTPTransport(verify=get_tls_context(verify=False), uds=self.socket, retries=0)
            self.open_client = httpx.Client(transport=transport, timeout=TIMEOUT, trust_env=False, base_url=self.url)
        return self.open_client

    def options(self, host: str = "", headers: dict[str, str] | None = None) -> dict[str, Any]:
        """Headers as a proxy that terminates TLS sends them."""
        origin = urlsplit(self.origin)
        defaults = {"Host": host or origin.netloc, "User-Agent": "myweb-doctor", "Accept": "*/*"}
        if self.address != self.origin:
            defaults["X-Forwarded-Proto"] = origin.scheme
        return {"headers": defaults | (headers or {}), "extensions": {"sni_hostname": origin.hostname or ""}}

    def get(self, path: str, host: str = "", **headers: str) -> httpx.Response:
        """Raises :class:`httpx.TransportError`."""
        client = self.client()
        options = self.options(host, headers)
        return client.get(path, headers=options["headers"], extensions=options["extensions"])

    def timed(self, path: str) -> tuple[httpx.Response, float]:
        begun = time.perf_counter()
        return self.get(path), time.perf_counter() - begun

    def close(self) -> None:
        if self.open_client:
            self.open_client.close()
            self.open_client = None


Check = Callable[[SiteClient], Findings]


def parse_address(address: str) -> str:
    url = urlsplit(address)
    if url.scheme not in {"http", "https"} or not url.hostname or url.path.strip("/") or url.query:
        raise InvalidAddress(
            f"{address!r} is not a valid address; use a URL like http://127.0.0.1:8080, or the path of a unix socket."
        )
    if "@" in url.netloc:
        raise InvalidAddress("Don't put a password into the URL: others can read it.")
    return f"{url.scheme}://{url.netloc}"


def speaks_tls(socket: str, url: str) -> bool:
    try:
        with httpx.HTTPTransport(verify=get_tls_context(verify=False), uds=socket) as transport:
            timeouts = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT)
            transport.handle_request(httpx.Request("GET", f"{url}/healthz", extensions={"timeout": timeouts})).close()
    except httpx.TransportError as error:
        return not isinstance(result_text.find_root_cause(error), ssl.SSLError)
    return True


def report_no_response(
    site: SiteClient, error: httpx.TransportError, behind: str = "nginx", *, first: bool = True
) -> Finding:
    """Finds the server that does not respond. The first address has to work from here, others need not."""
    message = f"{site.address} does not respond: {describe_transport_error(error)}"
    if not first:
        return report_warning(
            message, f"Lead {site.origin} here, or take it out of MYWEB_ORIGINS - unless it works for others"
        )
    if isinstance(error, httpx.ReadTimeout) and serves_files(site):
        return report_failure(f"{message}; nginx waits for {behind}", get_start_hint(behind))
    hangs = isinstance(error, httpx.ReadTimeout)
    hint = (get_installation().restart_command if hangs else get_installation().start_command)("nginx")
    if site.address == site.origin and not is_loopback(urlsplit(site.origin).hostname or ""):
        hint += f" - or, if this host can't reach {site.origin}: --url http://127.0.0.1:8080"
    return report_failure(message, hint)


def serves_files(site: SiteClient) -> bool:
    """nginx serves static files without other processes."""
    try:
        return bool(site.get(settings.STATIC_URL).status_code)
    except httpx.TransportError:
        return False


def describe_transport_error(error: BaseException) -> str:
    return (
        "timeout" if isinstance(error, httpx.TimeoutException) else result_text.describe_probe_error(error).rstrip(".")
    )
