"""The addresses of the site: they are what browsers send, cookies fit them, and their certificates are good."""

import asyncio
import ipaddress
import ssl
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from care.doctor.finding import Findings, counted, failed, ok, skipped, warning
from care.doctor.front import AWAY, Front, is_loopback, silent
from care.doctor.ways import way
from monitor.checks.probes.probe import ask
from monitor.checks.probes.tcp import Line
from monitor.checks.probes.tls import Tls
from myweb.network_policy import Reach

USUAL = {"http": 80, "https": 443}
DAYS = 14  # that a certificate should still be good
TIMEOUT = 3.0


def origins(front: Front) -> Findings:
    for origin in settings.ORIGINS:
        if (sent := as_sent(origin)) != origin:
            yield failed(
                f"no browser sends {origin}: its sockets are rejected", way().sets(f"Write {sent} in MYWEB_ORIGINS")
            )
    plain = [each for each in settings.ORIGINS if each.startswith("http:")]
    if plain and len(plain) < len(settings.ORIGINS):
        yield failed(
            f"cookies are not Secure, since {plain[0]} is plain http", way().sets("MYWEB_ORIGINS with https only")
        )
    elif seen := [each for each in plain if is_public(urlsplit(each).hostname or "")]:
        yield warning(
            f"passwords are sent unencrypted to {seen[0]}",
            "A certificate (docs/deploy.md), then MYWEB_ORIGINS=https://...",
        )
    yield from answered(front)


def as_sent(origin: str) -> str:
    """RFC 6454: in small letters, without the usual port, names in ASCII, nothing behind."""
    url = urlsplit(origin)
    host = (url.hostname or "").encode("idna").decode() if ":" not in (url.hostname or "") else f"[{url.hostname}]"
    port = "" if url.port in {None, USUAL[url.scheme]} else f":{url.port}"
    return f"{url.scheme}://{host}{port}"


def is_public(host: str) -> bool:
    """A network of one's own is one's own business."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return (
            "." in host and not is_loopback(host) and not host.endswith((".local", ".internal", ".lan", ".home.arpa"))
        )


def answered(front: Front) -> Findings:
    """Whether the processes that run know the same names as this one."""
    known = 0
    for origin in settings.ORIGINS:
        door = front.under(origin)
        try:
            status = door.get("/healthz").status_code
        except httpx.TransportError as error:
            yield silent(door, error, "web", first=origin == front.origin)
            if origin == front.origin:
                return
            continue
        finally:
            door.close()
        if status in AWAY:
            yield failed(f"the known addresses can't be read ({status})", way().starts("web"))
        elif status == 400:
            yield failed(
                f"the pages reject {origin}", way().sets("MYWEB_ORIGINS, which those that run have not read yet")
            )
        known += status == 200
    if known:
        yield ok(f"{counted(known, 'address', 'addresses')} known: {' '.join(settings.ORIGINS)}")
        yield from cookies(front)


def cookies(front: Front) -> Findings:
    """As the browser gets them, behind every proxy."""
    try:
        given = front.get("/accounts/login/").headers.get_list("Set-Cookie")
    except httpx.TransportError:
        return
    secure = front.origin.startswith("https:")
    for each in given:
        name, flags = each.partition("=")[0], {part.strip().lower() for part in each.split(";")[1:]}
        if secure and "secure" not in flags:
            yield failed(
                f"the cookie {name} is not Secure", way().sets("MYWEB_ORIGINS with https only, for every process")
            )
        if not secure and "secure" in flags:
            yield failed(
                f"the cookie {name} is Secure, and {front.origin} is not: sign-in is impossible",
                way().sets("MYWEB_ORIGINS as it is typed, for every process"),
            )
        if not any(flag.startswith("samesite=") for flag in flags):
            yield warning(
                f"the cookie {name} has lost its SameSite", "Let the proxy in front leave Set-Cookie as it is"
            )


def certificate(front: Front) -> Findings:
    secure = [each for each in settings.ORIGINS if each.startswith("https:")]
    if not secure:
        yield skipped("no address of the site is https")
    for origin in secure:
        door = front.under(origin)
        door.client()  # finds out whether TLS is spoken there, or ends in front of it
        url, name = urlsplit(origin if door.is_plain_before_tls else door.url), urlsplit(origin).hostname or ""
        socket = "" if door.is_plain_before_tls else door.socket or ""
        door.close()
        target = url.netloc if url.port else f"{url.netloc}:443"
        found = asyncio.run(
            ask(Certificate(target=target, name=name, days=DAYS, socket=socket), TIMEOUT, Reach.EVERYWHERE)
        )
        said = f"{origin}: {found.said.rstrip('.')}"
        if found.ok:
            yield ok(said)
        elif "days" in found.numbers:
            yield failed(said, way().certificate)
        else:
            yield warning(
                f"{said}, seen from here",
                f"On another machine: openssl s_client -connect {target} -servername {name} </dev/null",
            )


class Certificate(Tls, tag="certificate"):
    """Also at a unix socket."""

    socket: str = ""

    async def line(self, host: str, port: int, reach: Reach, times: dict[str, float], tls: ssl.SSLContext) -> Line:
        if not self.socket:
            return await super().line(host, port, reach, times, tls)
        return await asyncio.open_unix_connection(self.socket, ssl=tls, server_hostname=self.name)
