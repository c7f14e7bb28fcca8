"""A push service on 127.0.0.1, and browsers that decrypt what it got by the receiver's side of RFC 8291."""

import hashlib
import hmac
import json
import struct
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def to_text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def get_point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def sign_hmac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


def decrypt(body: bytes, private: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """Written after section 3.4 of RFC 8291, with HMAC alone, so that it shares nothing with the sender's side."""
    salt, (size, length) = body[:16], struct.unpack("!IB", body[16:21])
    point, sealed = body[21 : 21 + length], body[21 + length :]
    assert len(sealed) <= size
    shared = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
    info = b"WebPush: info\0" + get_point(private.public_key()) + point
    secret = sign_hmac(sign_hmac(auth, shared), info + b"\1")
    pseudo_random = sign_hmac(salt, secret)
    key = sign_hmac(pseudo_random, b"Content-Encoding: aes128gcm\0\1")[:16]
    nonce = sign_hmac(pseudo_random, b"Content-Encoding: nonce\0\1")[:12]
    plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
    assert plain[-1:] == b"\2"
    return plain[:-1]


def read_token(authorization: str) -> tuple[dict[str, Any], str]:
    """The claims of a VAPID token and the public key, once its signature is verified."""
    scheme, _space, rest = authorization.partition(" ")
    assert scheme == "vapid"
    fields = dict(part.strip().split("=", 1) for part in rest.split(","))
    head, claims, signature = fields["t"].split(".")
    assert json.loads(to_bytes(head)) == {"typ": "JWT", "alg": "ES256"}
    numbers = to_bytes(signature)
    assert len(numbers) == 64
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to_bytes(fields["k"]))
    der = encode_dss_signature(int.from_bytes(numbers[:32], "big"), int.from_bytes(numbers[32:], "big"))
    public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    return json.loads(to_bytes(claims)), fields["k"]


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes
    at: float


class Browser:
    """A browser with a subscription at a push service."""

    def __init__(self, service: "PushService", name: str) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.auth = hashlib.sha256(name.encode()).digest()[:16]
        self.service, self.path = service, f"/send/{name}"
        self.endpoint = service.origin + self.path

    @property
    def p256dh(self) -> str:
        return to_text(get_point(self.private.public_key()))

    def describe(self, key: str, **more: str | bool) -> dict[str, str | bool]:
        return {"endpoint": self.endpoint, "p256dh": self.p256dh, "auth": to_text(self.auth), "key": key, **more}

    @property
    def requests(self) -> list[Received]:
        return [received for received in self.service.received if received.path == self.path]

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(decrypt(received.body, self.private, self.auth)) for received in self.requests]


class PushService:
    """Answers 201, or what ``statuses`` says of a path. While ``hangs`` is set it answers nobody."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self.statuses: dict[str, int] = {}
        self.response_headers: dict[str, str] = {}
        self.response_body = b""
        self.promised_size = 0  # of the body, if it is longer than what is sent of it
        self.hangs = threading.Event()
        self.is_over = threading.Event()
        self.before: Callable[[], object] = lambda: None
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                service.connections += 1
                super().setup()

            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                body = self.rfile.read(size)
                if len(body) < size:  # the sender died while it sent: no push service would pass this on
                    self.close_connection = True
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                service.received.append(Received(self.path, headers, body, time.time()))
                if service.hangs.is_set():
                    service.is_over.wait(60)
                    self.close_connection = True
                    return
                service.before()
                self.send_response(service.statuses.get(self.path, 201))
                for name, value in service.response_headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(service.promised_size or len(service.response_body)))
                self.end_headers()
                self.wfile.write(service.response_body)
                if service.promised_size:
                    service.is_over.wait(60)
                    self.close_connection = True

            def log_message(self, *_arguments: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 200

            def handle_error(self, *_request: Any) -> None:
                pass  # a client that has given up

        self.server = Server(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def browser(self, name: str) -> Browser:
        return Browser(self, name)


@contextmanager
def serve_push() -> Iterator[PushService]:
    service = PushService()
    thread = threading.Thread(target=service.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield service
    finally:
        service.is_over.set()
        service.server.shutdown()
        service.server.server_close()
        thread.join(10)
