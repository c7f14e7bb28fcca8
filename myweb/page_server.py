"""Serves pages to nginx by the uwsgi protocol, from threads of a process that does something else too.

For small hosts, where uWSGI's own processes take too much memory; see docs/decisions/0015.
"""

import logging
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from wsgiref.handlers import SimpleHandler

logger = logging.getLogger(__name__)

THREADS = 4  # each serves one request at a time; nginx reads and writes for slow clients
BACKLOG = 1024
EXCHANGE_TIMEOUT = 35.0  # seconds; as nginx waits
REQUEST_TIMEOUT = 30.0  # seconds; then the process hangs. See uWSGI's harakiri
READ_SIZE = 65536
HEADER = struct.Struct("<BHB")
LENGTH = struct.Struct("<H")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class InvalidRequest(Exception):
    """The bytes are not a request of the uwsgi protocol."""


class RequestHandler(SimpleHandler):
    os_environ: dict[str, str] = {}  # Python's would copy all variables of this process, secrets too

    def log_exception(self, exc_info: Any) -> None:
        logger.error("A page failed outside Django", exc_info=exc_info)


class PageServer:
    """Serves from its creation until :meth:`stop`. Only nginx may be able to open the unix socket."""

    def __init__(self, application: Application, path: str) -> None:
        self.application = application
        self.begun: dict[str, float] = {}  # thread -> since when it serves a request
        Path(path).unlink(missing_ok=True)  # of a killed process
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        Path(path).chmod(0o660)
        self.listener.listen(BACKLOG)
        self.threads = [
            threading.Thread(target=self.serve_requests, name=f"page-{number}", daemon=True)
            for number in range(1, THREADS + 1)
        ]
        for thread in self.threads:
            thread.start()

    def is_hanging(self) -> bool:
        """Whether a request takes longer than any may."""
        return any(time.monotonic() - since > REQUEST_TIMEOUT for since in [*self.begun.values()])

    def stop(self, timeout: float) -> None:
        """Accepts no more requests and finishes those that run."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # close() would not wake the threads
        end = time.monotonic() + timeout
        for thread in self.threads:
            thread.join(max(0.0, end - time.monotonic()))
        self.listener.close()

    def serve_requests(self) -> None:
        name = threading.current_thread().name
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return  # stopped
            self.begun[name] = time.monotonic()
            try:
                with connection:
                    self.serve_request(connection)
            except (BrokenPipeError, ConnectionResetError):
                pass  # nginx does not want the answer any more
            except (OSError, InvalidRequest) as error:
                logger.warning("A request of nginx was not answered: %s", error)
            except Exception:
                logger.exception("A request of nginx was not answered")
            finally:
                del self.begun[name]

    def serve_request(self, connection: socket.socket) -> None:
        connection.settimeout(EXCHANGE_TIMEOUT)
        with connection.makefile("rb") as body, connection.makefile("wb") as answer:
            environ = read_environ(body)
            if not environ:
                return
            RequestHandler(body, answer, sys.stderr, environ, multithread=True, multiprocess=False).run(
                self.application
            )
            answer.flush()
            connection.shutdown(socket.SHUT_WR)
            while body.read1(READ_SIZE):  # a close before the last byte of the body would reset the connection
                pass


def read_environ(body: Any) -> dict[str, str]:
    """Raises :class:`InvalidRequest`. Empty if nothing was sent."""
    head = body.read(HEADER.size)
    if not head:
        return {}
    if len(head) < HEADER.size:
        raise InvalidRequest("the head is cut")
    kind, size, _reserved = HEADER.unpack(head)
    block = body.read(size)
    if kind != 0 or len(block) < size:
        raise InvalidRequest("it is not WSGI, or cut")
    words = list(split_block(block))
    return dict(zip(words[::2], words[1::2], strict=True))


def split_block(block: bytes) -> Iterable[str]:
    """WSGI has bytes as text of this encoding."""
    place = 0
    while place < len(block):
        try:
            (length,) = LENGTH.unpack_from(block, place)
        except struct.error:
            raise InvalidRequest("a length is cut") from None
        place += LENGTH.size + length
        if place > len(block):
            raise InvalidRequest("a value is cut")
        yield block[place - length : place].decode("latin-1")
