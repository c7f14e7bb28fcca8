"""A mail server in this process: it keeps what it gets, and can refuse, hang, or go in the middle of a mail."""

import email
import email.policy
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

HERE = "127.0.0.1"
ATTEMPT = 2.0  # seconds that a client waits


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True

    def __init__(self, port: int = 0) -> None:
        super().__init__((HERE, port), Conversation)
        self.mails: list[EmailMessage] = []
        self.contents: list[bytes] = []
        self.connections = 0
        self.replies: dict[bytes, bytes] = {}  # verb -> in place of "250 fine"; for "." that after the content
        self.silent_at = b""  # verb that is never answered
        self.gone_at = b""  # verb at which the connection ends; "." after the content
        self.on_recipient: Callable[[], object] = lambda: None
        self.on_mail: Callable[[EmailMessage], object] = lambda _mail: None
        self.stopped = threading.Event()

    @property
    def recipients(self) -> list[str]:
        return sorted(mail["To"] for mail in self.mails)


class Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.server.connections += 1
        if self.server.silent_at == b"connect":
            self.server.stopped.wait(20)
            return
        self.wfile.write(b"220 mail\r\n")
        while line := self.rfile.readline():
            if not self.answer(line.strip().upper().partition(b" ")[0].partition(b":")[0]):
                return

    def answer(self, verb: bytes) -> bool:
        if verb == b"RCPT":
            self.server.on_recipient()
        if self.server.silent_at == verb:
            self.server.stopped.wait(20)
            return False
        if self.server.gone_at == verb:
            return False
        if verb == b"DATA" and verb not in self.server.replies:
            self.wfile.write(b"354 go\r\n")
            return self.take_content()
        self.wfile.write(self.server.replies.get(verb, b"250 fine") + b"\r\n")
        return verb != b"QUIT"

    def take_content(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        if not line:  # the sender died while it sent
            return False
        reply = self.server.replies.get(b".", b"250 taken")
        if reply.startswith(b"2"):
            content = b"".join(lines)
            self.server.contents.append(content)
            self.server.mails.append(email.message_from_bytes(content, policy=email.policy.default))
            self.server.on_mail(self.server.mails[-1])
        if self.server.gone_at == b".":
            return False
        self.wfile.write(reply + b"\r\n")
        return True


@contextmanager
def mail_server(settings: "Settings") -> Iterator[MailServer]:
    """The one of the site, as long as the block runs."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        settings.EMAIL_HOST, settings.EMAIL_PORT = HERE, server.server_address[1]
        settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT = False, ATTEMPT
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.DEFAULT_FROM_EMAIL = "chat@example.com"
        yield server
        server.stopped.set()
        server.shutdown()
        thread.join(10)
