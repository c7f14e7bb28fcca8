"""Checks the addresses of the site: their form, their cookies and their certificates."""

import asyncio
import ipaddress
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from django.conf import settings

from monitor.checks.probes.certificate import CertificateProbe
from monitor.checks.probes.probe import Result, run_probe
from myweb.network_policy import Reach
from myweb.tcp_streams import TcpStreams
from ops.doctor.finding import (
    Finding,
    Findings,
    describe_error,
    format_count,
    report_failure,
    report_ok,
    report_skipped,
    report_unknown,
    report_warning,
)
from ops.doctor.hints import is_loopback
from ops.doctor.installation import get_installation
from ops.doctor.site_client import GATEWAY_ERRORS, SiteClient, report_no_response

DEFAULT_PORTS = {"http": 80, "https": 443}
MIN_CERTIFICATE_DAYS = 14  # that a certificate must still be valid
TIMEOUT = 3.0


def check_origins(site: SiteClient) -> Findings:
    for origin in settings.ORIGINS:
        if (sent := normalize_origin(origin)) != origin:
            yield report_failure(
                f"no browser sends {origin}: its sockets are rejected",
                get_installation().explain_setting(f"Write {sent} in MYWEB_ORIGINS"),
            )
    plain = [origin for origin in settings.ORIGINS if origin.startswith("http:")]
    if plain and len(plain) < len(settings.ORIGINS):
        yield report_failure(
            f"cookies are not Secure, since {plain[0]} is plain http",
            get_installation().explain_setting("MYWEB_ORIGINS with https only"),
        )
    elif seen := [origin for origin in plain if is_public_host(urlsplit(origin).hostname or "")]:
        yield report_warning(
            f"passwords are sent unencrypted to {seen[0]}",
            "A certificate (docs/deploy.md), then MYWEB_ORIGINS=https://...",
        )
    yield from check_known_origins(site)


def normalize_origin(origin: str) -> str:
    """RFC 6454: lower case, without the default port, host in ASCII, no path."""
    url = urlsplit(origin)
    host = (url.hostname or "").encode("idna").decode() if ":" not in (url.hostname or "") else f"[{url.hostname}]"
    port = "" if url.port in {None, DEFAULT_PORTS[url.scheme]} else f":{url.port}"
    return f"{url.scheme}://{host}{port}"


def is_public_host(host: str) -> bool:
    """Private networks need no encryption."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return (
            "." in host and not is_loopback(host) and not host.endswith((".local", ".internal", ".lan", ".home.arpa"))
        )


def check_known_origins(site: SiteClient) -> Findings:
    """Checks that the running processes have the same MYWEB_ORIGINS."""
    known = 0
    for origin in settings.ORIGINS:
        target = site.with_origin(origin)
        try:
            status = target.get("/healthz").status_code
        except httpx.TransportError as error:
            yield report_no_response(target, error, "web", first=origin == site.origin)
            if origin == site.origin:
                return
            continue
        finally:
            target.close()
        if status in GATEWAY_ERRORS:
            yield report_failure(
                f"the known addresses can't be read ({status})", get_installation().start_command("web")
            )
        elif status == 400:
            yield report_failure(
                f"the pages reject {origin}",
                get_installation().explain_setting("MYWEB_ORIGINS, which those that run have not read yet"),
            )
        known += status == 200
    if known:
        yield report_ok(f"{format_count(known, 'address', 'addresses')} known: {' '.join(settings.ORIGINS)}")
        yield from check_cookies(site)


def check_cookies(site: SiteClient) -> Findings:
    """Checks the cookies as browsers receive them."""
    try:
        cookies = site.get("/accounts/login/").headers.get_list("Set-Cookie")
    except httpx.TransportError:
        return
    secure = site.origin.startswith("https:")
    for cookie in cookies:
        name, flags = cookie.partition("=")[0], {part.strip().lower() for part in cookie.split(";")[1:]}
        if secure and "secure" not in flags:
            yield report_failure(
                f"the cookie {name} is not Secure",
                get_installation().explain_setting("MYWEB_ORIGINS with https only, for every process"),
            )
        if not secure and "secure" in flags:
            yield report_failure(
                f"the cookie {name} is Secure, and {site.origin} is not: sign-in is impossible",
                get_installation().explain_setting("MYWEB_ORIGINS as it is typed, for every process"),
            )
        if not any(flag.startswith("samesite=") for flag in flags):
            yield report_warning(
                f"the cookie {name} has lost its SameSite", "Let the proxy in front leave Set-Cookie as it is"
            )


def check_certificate(site: SiteClient) -> Findings:
    secure = [origin for origin in settings.ORIGINS if origin.startswith("https:")]
    if not secure:
        yield report_skipped("no address of the site is https")
    for origin in secure:
        target = site.with_origin(origin)
        target.client()  # finds out whether TLS is spoken there, or ends in front of it
        url, name = urlsplit(origin if target.is_plain_before_tls else target.url), urlsplit(origin).hostname or ""
        socket = "" if target.is_plain_before_tls else target.socket or ""
        target.close()
        address = url.netloc if url.port else f"{url.netloc}:443"
        probe = SiteCertificateProbe(target=address, name=name, days=MIN_CERTIFICATE_DAYS, socket=socket)
        answer = asyncio.run(run_probe(probe, TIMEOUT, Reach.EVERYWHERE))
        message = f"{origin}: {answer.message.rstrip('.')}"
        if answer.ok:
            yield report_ok(message)
        elif "days" in answer.numbers:
            yield report_failure(message, get_installation().certificate)
        else:
            yield report_unknown(
                f"{message}, seen from here",
                f"On another machine: openssl s_client -connect {address} -servername {name} </dev/null",
            )
        if probe.served and settings.CERTIFICATE and Path(settings.CERTIFICATE).exists():
            yield compare_with_file(probe.served)


def compare_with_file(served: x509.Certificate) -> Finding:
    """nginx reads its certificate only when it starts or reloads."""
    path = Path(settings.CERTIFICATE)
    try:
        newest = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        return report_unknown(f"{path} cannot be read: {describe_error(error)}", f"openssl x509 -noout -in {path}")
    if newest == served:
        return report_ok("the same as on the disk")
    until, newer = served.not_valid_after_utc, newest.not_valid_after_utc
    return report_failure(
        f"nginx serves a certificate until {until:%Y-%m-%d} and has not read that on the disk, until {newer:%Y-%m-%d}",
        get_installation().reload_nginx,
    )


class SiteCertificateProbe(CertificateProbe, tag="certificate"):
    """Also at a unix socket. It keeps the certificate of the server."""

    socket: str = ""
    served: Any = None  # x509.Certificate, after it has run

    async def open_streams(
        self, host: str, port: int, reach: Reach, times: dict[str, float], tls: ssl.SSLContext
    ) -> TcpStreams:
        if not self.socket:
            return await super().open_streams(host, port, reach, times, tls)
        return await asyncio.open_unix_connection(self.socket, ssl=tls, server_hostname=self.name)

    def evaluate(
        self, problem: str, remaining_days: int, chain: list[x509.Certificate], times: dict[str, float]
    ) -> Result:
        self.served = chain[0]
        return super().evaluate(problem, remaining_days, chain, times)
