"""Other machines for probes to ask: real servers on free ports of this one."""

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import dns.message
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Page = tuple[int, dict[str, str], bytes]


@contextmanager
def web(pages: Callable[[str, str], Page]) -> Iterator[str]:
    """Answers what ``pages(method, path)`` says."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = pages(self.command, self.path)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_HEAD = do_GET  # noqa: N815 - the names that http.server calls

        def log_message(self, *words: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@contextmanager
def saying(greeting: bytes, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A TCP server that greets, and is silent then until the other side hangs up."""

    def serve() -> None:
        while True:
            try:
                line, _address = listener.accept()
            except OSError:
                return
            lines.append(line)
            threading.Thread(target=greet, args=(line,), daemon=True).start()

    def greet(line: socket.socket) -> None:
        try:
            with tls.wrap_socket(line, server_side=True) if tls else line as spoken:
                spoken.sendall(greeting)
                spoken.recv(1)
        except OSError:
            return

    lines: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    for line in lines:
        line.close()


@contextmanager
def raw(answer: bytes, heard: list[bytes] | None = None) -> Iterator[str]:
    """Answers every connection with these bytes once it has heard something, and hangs up."""

    def serve() -> None:
        while True:
            try:
                line, _address = listener.accept()
            except OSError:
                return
            with line:
                request = line.recv(65_536)
                if heard is not None:
                    heard.append(request)
                line.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@contextmanager
def names(records: dict[str, list[str]], record: str = "A", rcode: int = 0) -> Iterator[str]:
    """A name server that knows one record of each name, or answers everything with an error."""

    def serve() -> None:
        while (asked := listener.recvfrom(4096))[0] != b"end":
            question = dns.message.from_wire(asked[0])
            answer = dns.message.make_response(question)
            name = question.question[0].name
            known = records.get(str(name).rstrip("."))
            if rcode:
                answer.set_rcode(rcode)  # type: ignore[arg-type]
            elif known is None:
                answer.set_rcode(3)  # type: ignore[arg-type] # NXDOMAIN
            elif known:
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", record, *known))
            listener.sendto(answer.to_wire(), asked[1])

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        place = listener.getsockname()
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{place[1]}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
            ending.sendto(b"end", place)
        thread.join(10)


def certificate(folder: Path, *, days: float = 30, name: str = "127.0.0.1") -> ssl.SSLContext:
    """What a server shows that signed its own certificate. ``folder / "cert.pem"`` can be trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    try:
        alternative: x509.GeneralName = x509.IPAddress(ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60))
        .not_valid_after(now + datetime.timedelta(days=days, minutes=5))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "cert.pem").write_bytes(pem)
    (folder / "both.pem").write_bytes(secret + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


def chain(folder: Path, *, leaf_days: float, intermediate_days: float, name: str = "127.0.0.1") -> ssl.SSLContext:
    """A server's leaf and intermediate; ``folder / "root.pem"`` can be trusted."""
    now = datetime.datetime.now(datetime.UTC)
    try:
        alternative: x509.GeneralName = x509.IPAddress(ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _number in range(3)]
    subjects = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, word)]) for word in ("Root", "Middle", name)]
    made = []
    for place, days in enumerate((3650, intermediate_days, leaf_days)):
        above = max(0, place - 1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subjects[place])
            .issuer_name(subjects[above])
            .public_key(keys[place].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=60))
            .not_valid_after(now + datetime.timedelta(days=days, minutes=5))
            .add_extension(x509.BasicConstraints(ca=place < 2, path_length=None), critical=True)
        )
        if place == 2:
            builder = builder.add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        made.append(builder.sign(keys[above], hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    secret = keys[2].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "root.pem").write_bytes(made[0])
    (folder / "chain.pem").write_bytes(secret + made[2] + made[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain.pem")
    return context
