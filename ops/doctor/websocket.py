"""Checks the websocket upgrade, through nginx, to a socket process."""

import base64
import hashlib
import os
import struct
import time
from dataclasses import dataclass

import httpcore
import httpx
from django.conf import settings

from myweb.formats import format_duration
from myweb.log_filters import DOCTOR_HOST
from ops.doctor.finding import Finding, Findings, report_failure, report_ok
from ops.doctor.hints import get_start_hint
from ops.doctor.installation import get_installation
from ops.doctor.site_client import GATEWAY_ERRORS, TIMEOUT, SiteClient, report_no_response
from realtime.protocol import Close

FOREIGN = f"https://{DOCTOR_HOST}"
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
CLOSE = 0x88  # a final frame that closes


@dataclass
class HandshakeResult:
    status: int  # of HTTP; 101 is the upgrade
    text: str = ""
    code: int = 0  # that the socket was closed with
    seconds: float = 0.0


def check_websocket(site: SiteClient) -> Findings:
    for origin in settings.ORIGINS:
        target = site.with_origin(origin)
        try:
            yield report_handshake(target, try_handshake(target, origin))
            if origin == site.origin:
                yield from check_foreign_origin(target)
        except httpx.TransportError as error:
            yield report_no_response(target, error, "live", first=origin == site.origin)
            if origin == site.origin:
                return
        finally:
            target.close()


def try_handshake(site: SiteClient, origin: str) -> HandshakeResult:
    """Without a session: the site accepts, and closes with the code for that. Raises :class:`httpx.TransportError`."""
    key = base64.b64encode(os.urandom(16))
    options = site.options(
        headers={
            "Origin": origin,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": key.decode(),
        }
    )
    begun = time.perf_counter()
    with site.client().stream("GET", "/ws/", **options) as answer:
        if answer.status_code != 101:
            return HandshakeResult(answer.status_code, answer.read()[:200].decode("utf-8", "replace"))
        accepted = base64.b64encode(hashlib.sha1(key + MAGIC).digest()).decode()  # noqa: S324 - the RFC's
        if answer.headers.get("Sec-WebSocket-Accept") != accepted:
            return HandshakeResult(0, "the Sec-WebSocket-Accept header is wrong")
        return HandshakeResult(101, "", read_close_code(answer), time.perf_counter() - begun)


def read_close_code(answer: httpx.Response) -> int:
    """0 if nothing, or another frame, comes first."""
    stream, received = answer.extensions["network_stream"], b""
    while len(received) < 4:
        try:
            piece = stream.read(64, timeout=TIMEOUT)
        except (httpcore.TimeoutException, httpcore.NetworkError):  # httpx does not translate what is below it
            return 0
        if not piece:
            return 0
        received += piece
    kind, _length, code = struct.unpack("!BBH", received[:4])
    return int(code) if kind == CLOSE else 0


def report_handshake(site: SiteClient, result: HandshakeResult) -> Finding:
    if result.code == Close.SIGNED_OUT:
        return report_ok(f"{site.origin} upgraded in {format_duration(result.seconds)}")
    if result.code == Close.RESTART:
        return report_failure("live does not reach the database", get_start_hint("live"))
    if result.status in GATEWAY_ERRORS:
        return report_failure(
            f"nginx responds, but no socket process behind it ({result.status})",
            get_installation().start_command("live"),
        )
    if result.status == 101:
        then = f"closed with {result.code} instead of {Close.SIGNED_OUT:d}" if result.code else "no message arrives"
        return report_failure(f"{site.origin}/ws/ is upgraded, and {then}", get_start_hint("live"))
    return report_failure(
        f"{site.origin}/ws/ is not upgraded: {result.status or result.text}", get_upgrade_hint(result)
    )


def get_upgrade_hint(result: HandshakeResult) -> str:
    if result.status == 403:
        return get_installation().explain_setting(
            "MYWEB_ORIGINS must be the same for live, and contain the address that users type"
        )
    if result.status == 429:
        installation = get_installation()
        limit = installation.explain_setting("MYWEB_SOCKETS_PER_ADDRESS")
        return f"{limit}; behind a proxy {installation.trust_proxy_hint}"
    if "Only websockets" in result.text:  # realtime/handshake.py
        return (
            "The proxy in front drops the upgrade: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
            'proxy_set_header Connection "upgrade";'
        )
    return "Route /ws/ to live: location = /ws/ of deploy/nginx/myweb.conf.template"


def check_foreign_origin(site: SiteClient) -> Findings:
    result = try_handshake(site, FOREIGN)
    if result.status == 403:
        yield report_ok("a foreign origin is rejected")
    elif result.status == 101:
        yield report_failure(
            "pages of other sites can open sockets here", "Forward the Origin header unchanged in every proxy"
        )
