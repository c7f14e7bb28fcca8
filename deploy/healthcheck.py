"""Checks whether a server works, in its own protocol.

``python -m deploy.healthcheck web|answers|live PATH [SECONDS]`` ends with 0 if the server behind the unix socket works
within that time; ``beat PATH`` if the file was touched within half a minute. Several pairs of words check several
servers.
"""

import os
import socket
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

STALE = 30  # seconds; the collector has a tick of one second and waits a few seconds for the database


def exchange_bytes(path: str, request: bytes, seconds: float = 3) -> bytes:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(seconds)
        line.connect(path)
        line.sendall(request)
        return line.recv(200)


def parse_status(answer: bytes) -> int:
    words = answer.split(None, 2)
    return int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/") and words[1].isdigit() else 0


def encode_uwsgi_request(variables: dict[str, str]) -> bytes:
    parts = [part.encode() for pair in variables.items() for part in pair]
    block = b"".join(struct.pack("<H", len(part)) + part for part in parts)
    return struct.pack("<BHB", 0, len(block), 0) + block


def request_page(path: str, page: str, origin: str) -> int:
    """Requests a page from uWSGI with a name of the site and returns its status."""
    front = urlsplit(origin)
    request = encode_uwsgi_request(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": page,
            "REQUEST_URI": page,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": front.netloc,
            "HTTP_X_FORWARDED_PROTO": front.scheme,
        }
    )
    return parse_status(exchange_bytes(path, request))


def probe_web(path: str, origin: str = "") -> bool:
    """A worker is free, the site is imported, and it reaches its databases."""
    return request_page(path, "/readyz", origin or get_first_origin()) == 200


def get_first_origin() -> str:
    return os.environ["MYWEB_ORIGINS"].replace(",", " ").split()[0]


def probe_worker(path: str, origin: str = "") -> bool:
    """A worker is free and the site is imported. Whether it reaches the databases is no reason to restart it."""
    return request_page(path, "/healthz", origin or get_first_origin()) > 0


def probe_heartbeat(path: str) -> bool:
    return time.time() - Path(path).stat().st_mtime < STALE


def probe_live(path: str) -> bool:
    """Any response shows that the process accepts and its event loop runs. It has no pages, so it is a 404."""
    return (
        parse_status(exchange_bytes(path, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")) > 0
    )


PROBES: dict[str, Callable[[str], bool]] = {
    "web": probe_web,
    "answers": probe_worker,
    "live": probe_live,
    "beat": probe_heartbeat,
}


def main() -> None:
    words = sys.argv[1:]
    end = time.monotonic() + float(words.pop() if len(words) % 2 else 0)
    for kind, path in zip(words[::2], words[1::2], strict=True):
        while trouble := find_failure(kind, path):
            if time.monotonic() >= end:
                sys.exit(f"{kind}: {trouble}")
            time.sleep(0.05)


def find_failure(kind: str, path: str) -> str:
    try:
        return "" if PROBES[kind](path) else "answers, but not well"
    except OSError as error:
        return str(error.strerror or error)


if __name__ == "__main__":
    main()
