"""The upgrade to a websocket, all the way through the front to a socket process."""

import base64
import hashlib
import os
import struct
import time
from dataclasses import dataclass

import httpcore
import httpx
from django.conf import settings

from care.doctor.database import to_reach_it
from care.doctor.finding import Finding, Findings, failed, milliseconds, ok
from care.doctor.front import AWAY, TIMEOUT, Front, silent
from care.doctor.ways import way
from realtime.protocol import Close

FOREIGN = "https://doctor.invalid"
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
CLOSE = 0x88  # a final frame that closes


@dataclass
class Outcome:
    status: int  # of HTTP; 101 is the upgrade
    text: str = ""
    code: int = 0  # that the socket was closed with
    seconds: float = 0.0


def websocket(front: Front) -> Findings:
    for origin in settings.ORIGINS:
        door = front.under(origin)
        try:
            yield judged(door, handshake(door, origin))
            if origin == front.origin:
                yield from foreign(door)
        except httpx.TransportError as error:
            yield silent(door, error, "live", first=origin == front.origin)
            if origin == front.origin:
                return
        finally:
            door.close()


def handshake(front: Front, origin: str) -> Outcome:
    """Without a session: the site accepts, and closes with the code for that. Raises :class:`httpx.TransportError`."""
    key = base64.b64encode(os.urandom(16))
    asked = front.options(
        headers={
            "Origin": origin,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": key.decode(),
        }
    )
    begun = time.perf_counter()
    with front.client().stream("GET", "/ws/", **asked) as answer:
        if answer.status_code != 101:
            return Outcome(answer.status_code, answer.read()[:200].decode("utf-8", "replace"))
        accepted = base64.b64encode(hashlib.sha1(key + MAGIC).digest()).decode()  # noqa: S324 - the RFC's
        if answer.headers.get("Sec-WebSocket-Accept") != accepted:
            return Outcome(0, "the Sec-WebSocket-Accept header is wrong")
        return Outcome(101, "", closed_with(answer), time.perf_counter() - begun)


def closed_with(answer: httpx.Response) -> int:
    """0 if nothing, or something else, is said first."""
    stream, heard = answer.extensions["network_stream"], b""
    while len(heard) < 4:
        try:
            piece = stream.read(64, timeout=TIMEOUT)
        except (httpcore.TimeoutException, httpcore.NetworkError):  # httpx does not translate what is below it
            return 0
        if not piece:
            return 0
        heard += piece
    kind, _length, code = struct.unpack("!BBH", heard[:4])
    return int(code) if kind == CLOSE else 0


def judged(front: Front, found: Outcome) -> Finding:
    if found.code == Close.SIGNED_OUT:
        return ok(f"{front.origin} upgraded in {milliseconds(found.seconds)}")
    if found.code == Close.RESTART:
        return failed("live does not reach the database", to_reach_it("live"))
    if found.status in AWAY:
        return failed(f"nginx responds, but no socket process behind it ({found.status})", way().starts("live"))
    if found.status == 101:
        then = f"closed with {found.code} instead of {Close.SIGNED_OUT:d}" if found.code else "no message arrives"
        return failed(f"{front.origin}/ws/ is upgraded, and {then}", to_reach_it("live"))
    return failed(f"{front.origin}/ws/ is not upgraded: {found.status or found.text}", way_out(found))


def way_out(found: Outcome) -> str:
    if found.status == 403:
        return way().sets("MYWEB_ORIGINS must be the same for live, and contain the address that users type")
    if found.status == 429:
        return f"{way().sets('MYWEB_SOCKETS_PER_ADDRESS')}; behind a proxy {way().trusts}"
    if "Only websockets" in found.text:  # realtime/handshake.py
        return (
            "The proxy in front drops the upgrade: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
            'proxy_set_header Connection "upgrade";'
        )
    return "Route /ws/ to live: location = /ws/ of deploy/nginx/myweb.conf.template"


def foreign(front: Front) -> Findings:
    found = handshake(front, FOREIGN)
    if found.status == 403:
        yield ok("a foreign origin is rejected")
    elif found.status == 101:
        yield failed("pages of other sites can open sockets here", "Forward the Origin header unchanged in every proxy")
