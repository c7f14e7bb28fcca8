"""Pages from threads of another process's making: what nginx sends them, and what it gets back."""

import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.healthcheck import encode_uwsgi_request
from myweb import page_server
from myweb.page_server import THREADS, PageServer

TIMEOUT = 10
Start = Callable[..., Any]


class Site:
    """An application whose requests wait until ``go_on`` is set."""

    def __init__(self) -> None:
        self.environs: list[dict[str, Any]] = []
        self.entered, self.go_on = threading.Semaphore(0), threading.Event()
        self.go_on.set()
        self.error: Exception | None = None

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        self.environs.append(environ)
        self.entered.release()
        self.go_on.wait(TIMEOUT)
        if self.error:
            raise self.error
        size = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(size) if environ["PATH_INFO"] == "/read/" else b"unread"
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [body]


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "web.sock")


@pytest.fixture
def server(site: Site, path: str) -> Iterator[PageServer]:
    server = PageServer(site, path)
    yield server
    site.go_on.set()
    server.stop(TIMEOUT)


def send(path: str, request: bytes) -> socket.socket:
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(TIMEOUT)
    line.connect(path)
    line.sendall(request)
    return line


def read(line: socket.socket) -> bytes:
    with line, line.makefile("rb") as answer:
        return answer.read()


def request(page: str = "/", body: bytes = b"") -> bytes:
    variables = {"REQUEST_METHOD": "POST", "PATH_INFO": page, "SERVER_PROTOCOL": "HTTP/1.1"}
    return encode_uwsgi_request(variables | {"CONTENT_LENGTH": str(len(body))}) + body


def test_a_request_reaches_the_application_and_its_answer_comes_back(server: PageServer, path: str) -> None:
    answer = read(send(path, request("/read/", b"a" * 100_000)))
    assert answer.startswith(b"HTTP/1.0 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n" + b"a" * 100_000)


def test_an_answer_arrives_although_the_body_was_not_read(server: PageServer, path: str) -> None:
    assert read(send(path, request("/", b"a" * 100_000))).endswith(b"\r\n\r\nunread")


def test_a_request_holds_no_variable_of_this_process(server: PageServer, path: str, site: Site) -> None:
    read(send(path, request()))
    assert not {*os.environ} & {*site.environs[0]}


@pytest.mark.parametrize("cut", [b"\0", request()[:-3], b"\5\0\0\0", b"\0\3\0\0\x09\0a"])
def test_what_is_no_request_is_logged_and_others_are_served(
    server: PageServer, path: str, cut: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    line = send(path, cut)
    line.shutdown(socket.SHUT_WR)
    assert read(line) == b""
    assert b"200 OK" in read(send(path, request()))
    server.stop(TIMEOUT)  # the thread logs after it has closed the connection
    assert [record.exc_info for record in caplog.records] == [None], "a sentence without a traceback"
    assert "A request of nginx was not answered" in caplog.text


def test_an_error_outside_django_is_logged_and_answered(
    server: PageServer, path: str, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.error = RuntimeError("broken")
    assert read(send(path, request())).startswith(b"HTTP/1.0 500 ")
    server.stop(TIMEOUT)
    assert "RuntimeError: broken" in caplog.text


def test_the_next_request_waits_while_all_threads_are_busy(server: PageServer, path: str, site: Site) -> None:
    site.go_on.clear()
    lines = [send(path, request()) for _number in range(THREADS + 1)]
    for _thread in range(THREADS):
        assert site.entered.acquire(timeout=TIMEOUT)
    assert len(site.environs) == THREADS
    site.go_on.set()
    assert [read(line).endswith(b"unread") for line in lines] == [True] * (THREADS + 1)


def test_a_request_that_takes_too_long_is_noticed(
    server: PageServer, path: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.go_on.clear()
    line = send(path, request())
    assert site.entered.acquire(timeout=TIMEOUT)
    assert not server.is_hanging()
    monkeypatch.setattr(page_server, "REQUEST_TIMEOUT", -1.0)
    assert server.is_hanging()
    site.go_on.set()
    read(line)


def test_a_stop_finishes_running_requests_and_accepts_no_others(
    server: PageServer, path: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.go_on.clear()
    line = send(path, request())
    assert site.entered.acquire(timeout=TIMEOUT)
    stopping = threading.Thread(target=server.stop, args=[TIMEOUT])
    stopping.start()
    site.go_on.set()
    stopping.join(TIMEOUT)
    assert read(line).endswith(b"unread")
    with pytest.raises(ConnectionError):
        read(send(path, request()))
