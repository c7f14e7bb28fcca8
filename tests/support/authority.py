"""An authority that asks a site as Let's Encrypt does, for tests: Pebble; and what nginx shows of what it gave."""

import json
import ssl
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

from tests.support.machines import certificate

NAME = "chat.example.test"  # nobody's, by RFC 6761


def settle(folder: Path, host: str, http_port: int) -> None:
    """Into ``folder``, which is /authority for Pebble. It is reached at ``host``, and asks a site at ``http_port``."""
    certificate(folder, name=host)
    settings = {
        "listenAddress": "0.0.0.0:14000",
        "managementListenAddress": "0.0.0.0:15000",
        "certificate": "/authority/cert.pem",
        "privateKey": "/authority/both.pem",
        "httpPort": http_port,
        "tlsPort": 8443,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))


def connected(port: int, context: ssl.SSLContext | None = None, name: str = NAME) -> HTTPConnection:
    """To a port of this machine, as if the name led here."""
    line = HTTPConnection("127.0.0.1", port, timeout=20)
    line.connect()
    if context:
        line.sock = context.wrap_socket(line.sock, server_hostname=name)
    return line


def asked(path: str, port: int, context: ssl.SSLContext | None = None, host: str = NAME) -> HTTPResponse:
    line = connected(port, context)
    line.request("GET", path, headers={"Host": host})
    return line.getresponse()


def shown(port: int, context: ssl.SSLContext, name: str = NAME) -> dict[str, Any]:
    """The certificate. Raises OSError if it is not to be trusted for that name."""
    line = connected(port, context, name)
    assert isinstance(line.sock, ssl.SSLSocket)
    return dict(line.sock.getpeercert() or {})
