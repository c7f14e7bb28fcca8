"""Asks a server whether it works, in its own language.

``python -m deploy.probe web|live PATH`` ends with 0 if the server behind the unix socket does.
"""

import os
import socket
import struct
import sys
from collections.abc import Callable
from urllib.parse import urlsplit


def converse(path: str, request: bytes, seconds: float = 3) -> bytes:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(seconds)
        line.connect(path)
        line.sendall(request)
        return line.recv(200)


def status(answer: bytes) -> int:
    words = answer.split(None, 2)
    return int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/") and words[1].isdigit() else 0


def uwsgi_request(variables: dict[str, str]) -> bytes:
    parts = [part.encode() for pair in variables.items() for part in pair]
    block = b"".join(struct.pack("<H", len(part)) + part for part in parts)
    return struct.pack("<BHB", 0, len(block), 0) + block


def healthz(path: str, origin: str) -> int:
    """The status of /healthz, asked through uWSGI under a name that the site knows."""
    asked = urlsplit(origin)
    request = uwsgi_request(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/healthz",
            "REQUEST_URI": "/healthz",
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": asked.netloc,
            "HTTP_X_FORWARDED_PROTO": asked.scheme,
        }
    )
    return status(converse(path, request))


def web(path: str, origin: str = "") -> bool:
    """A worker is free, the site is imported, and it reaches what it needs."""
    return healthz(path, origin or os.environ["MYWEB_ORIGINS"].replace(",", " ").split()[0]) == 200


def live(path: str) -> bool:
    """Any answer: the process accepts, and its loop turns. It has no page, so the answer is a 404."""
    return status(converse(path, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")) > 0


PROBES: dict[str, Callable[[str], bool]] = {"web": web, "live": live}


def main() -> None:
    kind, path = sys.argv[1:]
    try:
        healthy = PROBES[kind](path)
    except OSError as error:
        sys.exit(f"{kind}: {error.strerror or error}")
    sys.exit(0 if healthy else f"{kind}: answers, but not well")


if __name__ == "__main__":
    main()
