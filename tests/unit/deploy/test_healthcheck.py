"""What is asked of a uWSGI that may be told to go on, and of one that gets requests."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy import healthcheck

ORIGIN = "https://chat.example.com"


@contextmanager
def answering(path: Path, page: bytes, text: bytes) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            line, _address = listener.accept()
            with line:
                request = line.recv(4096)
                assert page in request
                assert b"chat.example.com" in request, "a name that the site knows"
                line.sendall(text)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join()


@pytest.mark.parametrize(("status", "alive", "well"), [("200 OK", True, True), ("503 Unavailable", True, False)])
def test_a_site_without_its_database_is_alive_but_not_well(
    tmp_path: Path, status: str, alive: bool, well: bool
) -> None:
    for name, ask, wanted in (("healthz", healthcheck.probe_worker, alive), ("readyz", healthcheck.probe_web, well)):
        with answering(tmp_path / name, f"/{name}".encode(), f"HTTP/1.1 {status}\r\n\r\n".encode()):
            assert ask(str(tmp_path / name), ORIGIN) is wanted


def test_what_does_not_speak_is_not_alive(tmp_path: Path) -> None:
    with answering(tmp_path / "mute", b"/healthz", b""):
        assert not healthcheck.probe_worker(str(tmp_path / "mute"), ORIGIN)
