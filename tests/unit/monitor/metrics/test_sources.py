"""What a collector reads of servers, spoken to by real sockets."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from monitor.metrics.readings import Reading, SourceDown
from monitor.metrics.sources.backlog import read_backlog
from monitor.metrics.sources.host import HostReader
from monitor.metrics.sources.nginx import NginxReader
from monitor.metrics.sources.source import SourceReader
from monitor.metrics.sources.web import WebReader

STATUS = (
    "Active connections: 5 \nserver accepts handled requests\n 90 88 {requests} \nReading: 0 Writing: 2 Waiting: 3 \n"
)


@contextmanager
def saying(path: Path, *answers: bytes) -> Iterator[str]:
    """A server on a unix socket that tells each who connects the next of these, and hangs up."""

    def serve() -> None:
        for answer in answers:
            line, _address = listener.accept()
            with line:
                line.sendall(answer)
                line.shutdown(socket.SHUT_WR)
                while line.recv(65536):  # until the other side has said all and hangs up, too
                    pass

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        yield str(path)
        thread.join(10)


def uwsgi(**more: Any) -> bytes:
    workers = [
        {"id": 1, "pid": 11, "status": "busy", "requests": 100, "running_time": 1_000_000, "exceptions": 1},
        {"id": 2, "pid": 12, "status": "idle", "requests": 50, "running_time": 500_000},
        {"id": 3, "pid": 0, "status": "cheap"},
    ]
    return json.dumps(
        {"listen_queue": 4, "sockets": [{"name": ":0", "max_queue": 100}], "workers": workers} | more
    ).encode()


def by_name(readings: list[Reading]) -> dict[str, float]:
    return {each.name: each.value for each in readings}


def read(source: SourceReader, at: float = 0.0) -> dict[str, float]:
    return by_name(list(source.read(at)))


def test_uwsgi_tells_who_is_busy_and_who_waits(tmp_path: Path) -> None:
    with saying(tmp_path / "s", uwsgi()) as path:
        found = read(WebReader(path))
    assert found["workers"] == 2
    assert found["busy"] == 50.0
    assert (found["queue"], found["queue.most"]) == (4, 100)


def test_what_uwsgi_says_of_requests_goes_no_further(tmp_path: Path) -> None:
    secret = {"cores": [{"vars": ["HTTP_COOKIE=session=secret"], "requests": 1}]}
    with saying(tmp_path / "s", uwsgi(workers=[{"pid": 1, "status": "HTTP_COOKIE=session=secret", **secret}])) as path:
        assert "secret" not in repr(list(WebReader(path).read(0.0)))


def test_requests_and_their_time_are_told_per_second(tmp_path: Path) -> None:
    later = [{"id": 1, "pid": 11, "requests": 170, "running_time": 2_000_000}]
    with saying(tmp_path / "s", uwsgi(), uwsgi(workers=later)) as path:
        web = WebReader(path)
        assert "requests" not in read(web, at=10.0)
        found = read(web, at=12.0)
    assert found["requests"] == 10.0
    assert found["request.time"] == pytest.approx(0.025)


def test_each_application_in_uwsgi_has_its_own_count(tmp_path: Path) -> None:
    def workers(*counts: int) -> list[dict[str, Any]]:
        apps = [[{"mountpoint": "", "requests": each}, {"mountpoint": "/shop", "requests": 1}] for each in counts]
        return [{"id": number, "pid": number, "apps": each} for number, each in enumerate(apps, 1)]

    with saying(tmp_path / "s", uwsgi(workers=workers(5, 10)), uwsgi(workers=workers(10, 15))) as path:
        web = WebReader(path)
        read(web, at=10.0)
        found = read(web, at=12.0)
    assert (found["app.requests /"], found["app.requests /shop"], found["app.exceptions /"]) == (5.0, 0.0, 0.0)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[1]"])
def test_something_else_behind_the_address_counts_as_down(answer: bytes, tmp_path: Path) -> None:
    with saying(tmp_path / "s", answer) as path, pytest.raises(SourceDown, match="does not return uWSGI statistics"):
        read(WebReader(path))


def test_nobody_behind_the_address_counts_as_down(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        read(WebReader(str(tmp_path / "nothing")))


def test_the_kernel_tells_how_many_wait_on_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "web.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(7)
        callers = [socket.socket(socket.AF_UNIX) for _caller in range(3)]
        for caller in callers:
            caller.connect(path)
        assert read_backlog(path) == (3, 7)
        for caller in callers:
            caller.close()
    assert read_backlog(path) is None


def test_nginx_tells_connections_and_requests(tmp_path: Path) -> None:
    pages = [STATUS.format(requests=requests) for requests in (500, 520)]
    answers = [f"HTTP/1.0 200 OK\r\nContent-Length: {len(page)}\r\n\r\n{page}".encode() for page in pages]
    with saying(tmp_path / "s", *answers) as path:
        nginx = NginxReader(path)
        assert read(nginx, at=1.0)["connections.waiting"] == 3
        found = read(nginx, at=3.0)
    assert found["requests"] == 10.0
    assert found["dropped"] == 0.0


def test_a_page_that_is_not_nginxs_status_counts_as_down(tmp_path: Path) -> None:
    with (
        saying(tmp_path / "s", b"HTTP/1.0 404 Not Found\r\n\r\n") as path,
        pytest.raises(SourceDown, match="stub_status"),
    ):
        read(NginxReader(path))


def test_this_machine_has_a_processor_memory_and_a_disk() -> None:
    host = HostReader()
    read(host, at=1.0)
    found = read(host, at=2.0)
    assert 0 <= found["cpu.busy"] <= 100
    assert 0 < found["memory.used"] < found["memory.total"]
    assert any(name.startswith("disk.full ") for name in found)
    assert all(isinstance(value, int | float) for value in found.values())
